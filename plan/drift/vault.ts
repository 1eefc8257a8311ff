/** Describes how Vault drifts from the plan: the token role, the users' policies, and the metadata of their backups. */
import type { TokenRole } from "../../lib/vault-token-schema.ts";
import { canonicalJson } from "../../lib/canonical-json.ts";
import type { FleetPlan, UserPlan, VaultPlan } from "../model.ts";
import { entryMetadata } from "../vault/backup-metadata.ts";
import { fromHost } from "../../lib/printable.ts";
import type { EntryMetadata } from "../../lib/vault-kv-schema.ts";
import { readPolicy, type PolicyBlock } from "../vault/hcl.ts";
import { accessPolicy } from "../vault/user-policy.ts";

/** What Vault has under the fleet's names. */
export interface ObservedVault {
  /** Undefined: the token role does not exist. */
  readonly role: TokenRole | undefined;
  /** Texts of the fleet's policies that exist, by name. */
  readonly policies: ReadonlyMap<string, string>;
  /** Metadata of the users' entries that exist, by metadata path. */
  readonly metadata: ReadonlyMap<string, EntryMetadata>;
}

/**
 * Compares Vault with the plan. The engine reads the same and repairs it; these drifts explain its diff in words.
 * @param owner the stack, as its policies name it
 * @returns drifts: `<thing>: <what differs>`
 */
export function vaultDrift(plan: FleetPlan, owner: string, seen: ObservedVault): readonly string[] {
  const users = renewedUsers(plan);
  if (seen.role === undefined && seen.policies.size === 0 && users.length > 0) {
    return [`fleet ${plan.fleet}: Vault has neither its token role nor any of its policies yet`];
  }
  return [
    ...roleDrift(plan.vault, seen.role),
    ...users.flatMap((user) => [...policyDrift(user, owner, seen), ...metadataDrift(plan.fleet, user, seen)]),
  ];
}

/** Returns the users who own something in Vault, in the plan's order. */
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
    ["allows policies that match", globs, plan.policyGlob],
    ["allows the policies", list(role.policies), "none"],
    ["creates orphan tokens", yesNo(role.orphan), "yes"],
    ["creates renewable tokens", yesNo(role.renewable), "yes"],
    ["omits the default policy", yesNo(role.noDefaultPolicy), "yes"],
    ["creates tokens with the period", period(role.periodSeconds), period(plan.tokenPeriodSeconds)],
    ["limits the life of tokens to", period(role.maxTtlSeconds), period(0)],
    ["creates tokens of the type", fromHost(role.type), "service"],
    ["binds tokens to", list(role.boundCidrs), list(plan.tokenBoundCidrs)],
  ];
  return facts
    .filter(([, found, wanted]) => found !== wanted)
    .map(([what, found, wanted]) => `${thing}: ${what}: ${found} instead of ${wanted}`);
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function policyDrift(user: UserPlan, owner: string, { policies }: ObservedVault): string[] {
  const thing = `policy ${user.policy}`;
  const found = policies.get(user.policy);
  if (found === undefined) return [`${thing}: is missing, so the token of ${user.name} has no access`];
  const wanted = accessPolicy(owner, user);
  // Vault trims the text of a policy.
  if (found.trim() === wanted.trim()) return [];
  const [ours, theirs] = [readPolicy(wanted), readPolicy(found)];
  const words = [
    ...moreIn(theirs.blocks, ours.blocks, "also grants"),
    ...moreIn(ours.blocks, theirs.blocks, "no longer grants"),
  ];
  if (theirs.rest !== "") words.push("has other statements than paths with capabilities");
  if (words.length === 0) words.push("grants the same with another text");
  return [`${thing}: has been edited: it ${words.join(", ")}`];
}

function moreIn(some: readonly PolicyBlock[], others: readonly PolicyBlock[], verb: string): string[] {
  return some.flatMap(({ path, capabilities }) => {
    const known = others.filter((block) => block.path === path).flatMap((block) => block.capabilities);
    const more = capabilities.filter((capability) => !known.includes(capability));
    return more.length === 0 ? [] : [`${verb} ${fromHost(path)} [${more.map(fromHost).join(", ")}]`];
  });
}

function metadataDrift(fleet: string, user: UserPlan, { metadata }: ObservedVault): string[] {
  const thing = `backups of ${user.name} (${user.metadataPath})`;
  const found = metadata.get(user.metadataPath);
  if (found === undefined) return [`${thing}: the entry does not exist`];
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
