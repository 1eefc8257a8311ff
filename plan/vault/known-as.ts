/** By which name Vault and the state know a user. */

/**
 * The name that the user had when they were first renewed. Vault's tokens bear it and can be given no other, so that a
 * renamed user keeps policy, token and backups under it.
 */
export function knownAs({
  name,
  formerly,
}: {
  readonly name: string;
  readonly formerly?: string | undefined;
}): string {
  return formerly ?? name;
}
