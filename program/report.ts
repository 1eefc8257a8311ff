/** Shows a review: warnings, the drift in words, what is unknown, and why nothing may begin. */
import * as pulumi from "@pulumi/pulumi";
import { allFinished } from "../components/resource-outcome.ts";
import { driftReport } from "../plan/drift/report.ts";
import { vaultDrift, type ObservedVault } from "../plan/drift/vault.ts";
import type { FleetPlan } from "../plan/model.ts";
import type { Run } from "./drift-input.ts";
import type { FleetReview, Reviewed } from "./review.ts";

/** @throws RunError that shows the problems, when there are any */
export function stopFor(problems: readonly string[]): void {
  if (problems.length > 0) throw new pulumi.RunError(`nothing was changed: ${problems.join(" ")}`);
}

/** Shows what a person should know before the components are declared. */
export function showWarnings(review: FleetReview, { preview }: Run): void {
  for (const { warnings, unknown } of partsOf(review)) {
    for (const line of warnings) void pulumi.log.warn(line);
    if (!preview) for (const line of unknown) void pulumi.log.warn(`unknown: ${line}`);
  }
  for (const { announced } of review.tokens) if (announced !== undefined) void pulumi.log.info(announced);
}

/** Shows all drift in a preview, in one place and in words. @param owner the stack, as its policies name it */
export function showDrift(plan: FleetPlan, owner: string, seen: ObservedVault, review: FleetReview): void {
  const { workstations, tokens, rules, unowned, purges } = review;
  const report = driftReport([
    {
      place: "Vault",
      drifts: [...vaultDrift(plan, owner, seen), ...[unowned, ...purges].flatMap(({ drifts }) => drifts)],
    },
    ...workstations.map(({ workstation, drifts }) => ({ place: `workstation ${workstation.name}`, drifts })),
    ...tokens.map(({ token, drifts }) => ({ place: `token ${token.name}`, drifts })),
    { place: "monitoring", drifts: rules?.drifts ?? [] },
  ]);
  if (report !== undefined) void pulumi.log.info(report);
}

/**
 * Fails a preview in which something is unknown, after everything else was declared and shown. Its exit code must not
 * say that there is no other drift.
 * @throws RunError with each line of what is unknown
 */
export function failForUnknown(review: FleetReview): void {
  const unknown = partsOf(review).flatMap((part) => part.unknown);
  if (unknown.length === 0) return;
  const lines = unknown.map((line) => `unknown: ${line}`).join("\n");
  throw new pulumi.RunError(
    `${lines}\nThis preview shows nothing of that. To apply everything else: \`pulumi up --skip-preview --continue-on-error\``,
  );
}

/**
 * Fails an `up` in which a token was left out, after the engine has done everything else. While a program fails, the engine
 * deletes nothing, so no container of that token goes away.
 * @throws RunError with one sentence for each such token
 */
export async function failForWithheld({ tokens }: FleetReview): Promise<void> {
  const withheld = tokens.flatMap(({ withheld }) => withheld ?? []);
  if (withheld.length === 0) return;
  await allFinished();
  throw new pulumi.RunError(
    `${withheld.join(" ")} Nothing of ${withheld.length === 1 ? "this token" : "these tokens"} was changed, and nothing was deleted that the settings no longer have.`,
  );
}

function partsOf(review: FleetReview): readonly Reviewed[] {
  const { workstations, tokens, rules, unowned, conflicts, purges } = review;
  return [...workstations, ...tokens, ...(rules === undefined ? [] : [rules]), unowned, conflicts, ...purges];
}
