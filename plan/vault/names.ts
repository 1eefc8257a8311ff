/**
 * The names that a fleet owns in Vault.
 *
 * Vault lower-cases and trims policy names and changes nothing else in them (`sanitizeName` in `policy_store.go` of
 * Vault and OpenBao), and user names are lower-case and without blanks: they stand in policy names as they are. Vault's
 * display names lose every character but letters, digits and dashes (`displayNameSanitize` in `token_store.go`), so a
 * user name is encoded for them.
 */

/** Token role of the fleet. */
export function roleName(fleet: string): string {
  return `claude-${fleet}`;
}

/** Glob that matches exactly the policies of this fleet: a fleet's name holds no dash. */
export function policyGlob(fleet: string): string {
  return `claude-${fleet}-*`;
}

/** A user's policy; different users have different ones. */
export function policyName(fleet: string, user: string): string {
  return `claude-${fleet}-${user}`;
}

/**
 * Display name of a user's token, for audit logs: each character that Vault would change, and the dash, becomes `-`
 * and its two hexadecimal digits, so that no two users share one. Never used to decide whose token it is.
 */
export function displayName(fleet: string, user: string): string {
  const encoded = user.replaceAll(/[^a-z0-9]/g, (character) => `-${character.charCodeAt(0).toString(16)}`);
  return `claude-${fleet}-${encoded}`;
}

/** Path of a user's data in a KV version 2 mount, as policies and the HTTP API name it. */
export function dataPath(vault: { mount: string; prefix: string }, user: string): string {
  return `${vault.mount}/data/${vault.prefix}/${user}`;
}

/** Path of the same entry's metadata. */
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
