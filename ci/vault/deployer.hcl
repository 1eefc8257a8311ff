# See the policies of the fleet's users.
path "sys/policies/acl/claude-prod-*" {
  capabilities = ["read"]
}

# See the role that their tokens are minted from.
path "auth/token/roles/claude-prod" {
  capabilities = ["read"]
}

# Keep how many versions each backup has; the backups themselves lie under data/.
path "secret/metadata/workstation/claude-users/+" {
  capabilities = ["create", "read", "update"]
}

# Mint users' tokens, wrapped, so that only the workstation sees one and the audit log shows the rest.
path "auth/token/create/claude-prod" {
  capabilities = ["update"]
  min_wrapping_ttl = "1s"
  max_wrapping_ttl = "300s"
}

# Look whose a token is before it is revoked.
path "auth/token/lookup-accessor" {
  capabilities = ["update"]
}

# Revoke the tokens of users who left, and those that were not delivered.
path "auth/token/revoke-accessor" {
  capabilities = ["update"]
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
