/** Says in words where Vault differs from the plan: the token role, the users' policies, the metadata of their entries. */
import type { TokenRole } from "../../lib/vault-token.ts";
import { canonicalJson } from "../../lib/canonical-json.ts";
import { readPolicy, type PolicyBlock } from "../vault/read-policy.ts";
import type { FleetPlan, UserPlan, VaultPlan } from "../model.ts";
import { accessPolicy, entryMetadata } from "../vault/entry-metadata.ts";
import { fromHost } from "../../lib/printable.ts";
import type { EntryMetadata } from "../../lib/vault-kv.ts";

/** What Vault has under the fleet's names. */
export interface VaultSeen {
  /** Undefined when there is none. */
  readonly role: TokenRole | undefined;
  /** Texts of those of the fleet's policies that exist, by name. */
  readonly policies: ReadonlyMap<string, string>;
  /** Of those entries that exist, by metadata path. */
  readonly metadata: ReadonlyMap<string, EntryMetadata>;
}

/**
 * Compares. The engine reads the same and repairs it; these are the words for what its diff shows.
 * @param owner the stack, as its policies say
 * @returns a clause each: `<thing>: <what differs>`
 */
export function vaultDrift(plan: FleetPlan, owner: string, seen: VaultSeen): readonly string[] {
  const users = renewedUsers(plan);
  if (seen.role === undefined && seen.policies.size === 0 && users.length > 0) {
    return [`fleet ${plan.fleet}: nothing of it is there yet, neither its token role nor any policy`];
  }
  return [
    ...roleDrift(plan.vault, seen.role),
    ...users.flatMap((user) => [...policyDrift(user, owner, seen), ...metadataDrift(plan.fleet, user, seen)]),
  ];
}

/** Users who own something in Vault, in the plan's order. */
export function renewedUsers(plan: FleetPlan): readonly UserPlan[] {
  return plan.workstations.flatMap(({ users }) => users).filter(({ renewal }) => renewal);
}

function roleDrift(plan: VaultPlan, role: TokenRole | undefined): string[] {
  const thing = `token role ${plan.role}`;
  if (role === undefined) return [`${thing}: is missing`];
  const list = (names: readonly string[]) => (names.length === 0 ? "none" : names.map(fromHost).join(", "));
  const globs = list(role.policyGlobs);
  const period = (seconds: number) => `${seconds} s`;
  const facts: readonly (readonly [what: string, found: string, wanted: string])[] = [
    ["hands out policies that match", globs, plan.policyGlob],
    ["hands out the policies", list(role.policies), "none"],
    ["makes tokens that outlive their maker", yesNo(role.orphan), "yes"],
    ["makes tokens that can be renewed", yesNo(role.renewable), "yes"],
    ["leaves out the default policy", yesNo(role.noDefaultPolicy), "yes"],
    ["makes tokens with the period", period(role.periodSeconds), period(plan.tokenPeriodSeconds)],
    ["ends tokens however often they are renewed after", period(role.maxTtlSeconds), period(0)],
    ["makes tokens of the type", fromHost(role.type), "service"],
    ["binds tokens to", list(role.boundCidrs), list(plan.tokenBoundCidrs)],
  ];
  return facts
    .filter(([, found, wanted]) => found !== wanted)
    .map(([what, found, wanted]) => `${thing}: ${what}: ${found} instead of ${wanted}`);
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function policyDrift(user: UserPlan, owner: string, { policies }: VaultSeen): string[] {
  const thing = `policy ${user.policy}`;
  const found = policies.get(user.policy);
  if (found === undefined) return [`${thing}: is missing, so the token of ${user.name} opens nothing`];
  const wanted = accessPolicy(owner, user);
  // Vault trims what it is given.
  if (found.trim() === wanted.trim()) return [];
  const [ours, theirs] = [readPolicy(wanted), readPolicy(found)];
  const words = [
    ...moreIn(theirs.blocks, ours.blocks, "also opens"),
    ...moreIn(ours.blocks, theirs.blocks, "no longer opens"),
  ];
  if (theirs.rest !== "") words.push("holds more than paths with capabilities");
  if (words.length === 0) words.push("opens the same by another text");
  return [`${thing}: has been edited: it ${words.join(", ")}`];
}

/** What the blocks of `some` open that those of `others` do not. */
function moreIn(some: readonly PolicyBlock[], others: readonly PolicyBlock[], verb: string): string[] {
  return some.flatMap(({ path, capabilities }) => {
    const known = others.filter((block) => block.path === path).flatMap((block) => block.capabilities);
    const more = capabilities.filter((capability) => !known.includes(capability));
    return more.length === 0 ? [] : [`${verb} ${fromHost(path)} [${more.map(fromHost).join(", ")}]`];
  });
}

function metadataDrift(fleet: string, user: UserPlan, { metadata }: VaultSeen): string[] {
  const thing = `backups of ${user.name} (${user.metadataPath})`;
  const found = metadata.get(user.metadataPath);
  if (found === undefined) return [`${thing}: there is no metadata, and no backup`];
  const wanted = entryMetadata(fleet, user);
  const lines: string[] = [];
  if (found.maxVersions !== wanted.max_versions) {
    lines.push(`${thing}: ${found.maxVersions} versions are kept instead of ${wanted.max_versions}`);
  }
  if (found.deleteAfter !== wanted.delete_version_after) {
    lines.push(`${thing}: versions are deleted after ${fromHost(found.deleteAfter)} instead of never`);
  }
  const [custom, own] = [canonicalJson(found.custom), canonicalJson(wanted.custom_metadata)];
  if (custom !== own) lines.push(`${thing}: the metadata says ${fromHost(custom)} instead of ${own}`);
  return lines;
}
