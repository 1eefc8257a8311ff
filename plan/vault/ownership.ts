/** Decides whether the fleet's names in Vault belong to this stack. */
import { fromHost } from "../../lib/printable.ts";

/** What Vault has under the fleet's names. */
export interface NamesInVault {
  /** Path suffix of the token role, which names its stack. Undefined: there is no role. */
  readonly roleSuffix: string | undefined;
  /** Texts of the fleet's policies that exist, by name. */
  readonly policies: ReadonlyMap<string, string>;
}

/** Returns the first line of a policy. It tells people and other stacks which stack owns the policy. */
export function ownershipLine(owner: string): string {
  return `# Managed by claude-fleet, stack ${owner}: change the roster, not this text.`;
}

/**
 * Returns the names that another owner has, one clause each. Empty: all names are free or belong to this stack. The
 * suffix of the token role decides. If the role is this stack's, a policy without the line was edited by hand.
 */
export function foreignNames(role: string, owner: string, seen: NamesInVault): readonly string[] {
  if (seen.roleSuffix === owner) return [];
  if (seen.roleSuffix !== undefined) {
    const whose =
      seen.roleSuffix === ""
        ? "was not created by this stack"
        : `belongs to the stack ${fromHost(seen.roleSuffix)}`;
    return [`the token role "${role}" ${whose}`];
  }
  return [...seen.policies]
    .filter(([, text]) => !text.startsWith(ownershipLine(owner)))
    .map(([name]) => `the policy "${name}" was not created by this stack`);
}
