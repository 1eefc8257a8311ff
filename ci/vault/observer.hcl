# See the policies of the fleet's users.
path "sys/policies/acl/claude-prod-*" {
  capabilities = ["read"]
}

# See the role that their tokens are minted from.
path "auth/token/roles/claude-prod" {
  capabilities = ["read"]
}

# See how many versions each backup has; the backups themselves lie under data/.
path "secret/metadata/workstation/claude-users/+" {
  capabilities = ["read"]
}

# Let Pulumi's Vault provider look at the token that it was given.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# Let Pulumi's Vault provider work with a child of this token, which dies with it.
path "auth/token/create" {
  capabilities = ["update"]
}

# Let the run give its token back when it ends.
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
