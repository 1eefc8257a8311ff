/** Whether what already lies in Vault under the fleet's names is this stack's. */

/** What Vault has under the fleet's names. */
export interface NamesInVault {
  /** Path suffix of the token role, which names its stack; undefined when there is no role. */
  readonly roleSuffix: string | undefined;
  /** Texts of those of the fleet's policies that exist, by name. */
  readonly policies: ReadonlyMap<string, string>;
}

/** First line of a policy: says to whoever reads it in Vault, and to a second stack, whose it is. */
export function ownershipLine(owner: string): string {
  return `# Managed by claude-fleet, stack ${owner}: change the roster, not this text.`;
}

/**
 * The names that belong to somebody else, as sentences; empty when all are free or ours. The role decides: it is
 * this stack's when its suffix says so, and then a policy without the line is one of ours that was edited by hand.
 */
export function foreignNames(role: string, owner: string, seen: NamesInVault): readonly string[] {
  if (seen.roleSuffix === owner) return [];
  if (seen.roleSuffix !== undefined) {
    const whose =
      seen.roleSuffix === "" ? "was not made by this stack" : `belongs to the stack ${seen.roleSuffix}`;
    return [`the token role "${role}" ${whose}`];
  }
  return [...seen.policies]
    .filter(([, text]) => !text.startsWith(ownershipLine(owner)))
    .map(([name]) => `the policy "${name}" was not made by this stack`);
}
