/** The step `diagnose`: a rotation begins only when a new token helps, or when the operator gives a reason. */
import { ExpectedError } from "../../../lib/expected-error.ts";
import { FINDINGS } from "../../../plan/diagnosis/finding-table.ts";
import { tokenFinding } from "../../../plan/diagnosis/conclude-token.ts";
import { collectEvidence } from "../../diagnose/collect-evidence.ts";
import type { Rotation, Say } from "../rotation.ts";

/** Diagnoses the token. @throws {ExpectedError} when a new token would not help */
export async function diagnose(rotation: Rotation, say: Say): Promise<string> {
  const { name, diagnosis } = rotation.target.token;
  const evidence = await collectEvidence(rotation, say);
  const finding = tokenFinding(evidence, { token: name, refresh: diagnosis.refresh });
  if (FINDINGS[finding.kind].rotate) {
    const severity = finding.severity === undefined ? "" : ` (${finding.severity})`;
    rotation.journal = { ...rotation.journal, reason: `${finding.kind}${severity}` };
    return `${finding.kind}${severity}: ${finding.summary}`;
  }
  const next = finding.next === undefined ? "" : ` Next: ${finding.next}.`;
  throw new ExpectedError([
    `${finding.kind}: ${finding.summary}${next} Nothing was changed. To rotate nevertheless, give --reason.`,
    ...finding.evidence,
  ]);
}
