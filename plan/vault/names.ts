/**
 * Builds the names that a fleet owns in Vault.
 *
 * Vault only lower-cases and trims policy names (`sanitizeName` in `policy_store.go` of Vault and OpenBao). User names are
 * lower-case and without blanks, so policy names hold them as they are. Display names keep only letters, digits and
 * dashes (`displayNameSanitize` in `token_store.go`), so they hold encoded user names.
 */

/** Returns the name of the fleet's token role. */
export function roleName(fleet: string): string {
  return `claude-${fleet}`;
}

/** Returns the glob that matches exactly the policies of this fleet. A fleet's name holds no dash. */
export function policyGlob(fleet: string): string {
  return `claude-${fleet}-*`;
}

/** Returns the name of a user's policy. */
export function policyName(fleet: string, user: string): string {
  return `claude-${fleet}-${user}`;
}

/**
 * Returns the display name of a user's token, for audit logs. A dash, and each character that Vault would change, becomes
 * `-` and two hexadecimal digits, so that each user has another display name. It never decides who owns a token.
 */
export function displayName(fleet: string, user: string): string {
  const encoded = user.replaceAll(/[^a-z0-9]/g, (character) => `-${character.charCodeAt(0).toString(16)}`);
  return `claude-${fleet}-${encoded}`;
}

/** Returns the path of a user's data in a KV version 2 mount, as policies and the HTTP API name it. */
export function dataPath(vault: { mount: string; prefix: string }, user: string): string {
  return `${vault.mount}/data/${vault.prefix}/${user}`;
}

/** Returns the path of the same entry's metadata. */
export function metadataPath(vault: { mount: string; prefix: string }, user: string): string {
  return `${vault.mount}/metadata/${vault.prefix}/${user}`;
}

/**
 * Returns the name by which Vault and Pulumi's state know a user: the name at their first enrolment. A Vault token's
 * metadata cannot be changed, so a renamed user keeps policy, token and backups under the former name.
 */
export function nameInVault({
  name,
  formerly,
}: {
  readonly name: string;
  readonly formerly?: string | undefined;
}): string {
  return formerly ?? name;
}
