/** The step `verify`: what each container reads, how real calls end, and what the services have logged since. */
import { type TokenEvidence } from "../../../contract/rotation.ts";
import { eachLimited } from "../../../lib/each-limited.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { tokenFinding } from "../../../plan/diagnosis/conclude-token.ts";
import { FINDINGS } from "../../../plan/diagnosis/finding-table.ts";
import type { RotationPlan } from "../../../plan/model.ts";
import { verifyRequest } from "../../../plan/requests/token.ts";
import { collectEvidence } from "../../diagnose/collect-evidence.ts";
import { ask } from "../../stack/find-token.ts";
import { holdLock, type Rotation, type Say } from "../rotation.ts";

/** Conversations with one host at the same time. sshd accepts ten. */
const AT_ONCE = 4;

/** Verifies the rotation. @throws {ExpectedError} with everything that is wrong */
export async function verify(rotation: Rotation, say: Say): Promise<string> {
  await holdLock(rotation, false);
  const { token } = rotation.target;
  say("checking what the containers read");
  await verifyContainers(rotation);
  const said = [`${token.services.length} containers read it`];
  // The task comes before the logs are read, because the logs show its cost.
  if (token.rotation.task !== undefined) said.push(await runTask(rotation, token.rotation.task, say));
  const { host } = await collectEvidence(rotation, say, true);
  if ("unreachable" in host) throw new ExpectedError(host.unreachable);
  const verdict = tokenFinding(
    { host: withoutFailedTasks(host), alert: undefined },
    { token: token.name, refresh: token.diagnosis.refresh },
  );
  if (FINDINGS[verdict.kind].exit !== 0) {
    const next = verdict.next === undefined ? "" : ` Next: ${verdict.next}.`;
    throw new ExpectedError([`${verdict.summary}${next}`, ...verdict.evidence]);
  }
  if (host.gateway !== null) said.push("the gateway answered 200");
  said.push("no use of the fallback key since the containers were replaced");
  rotation.findings.push(...fateOf(host));
  return said.join("; ");
}

/** Leaves the failed tasks out: a site's query without a time range still counts tasks from before the rotation. */
function withoutFailedTasks(host: TokenEvidence): TokenEvidence {
  return { ...host, failedTasks: null };
}

async function verifyContainers(rotation: Rotation): Promise<void> {
  const { token } = rotation.target;
  const current = rotation.state.file.sha256;
  if (current === null)
    throw new ExpectedError(`There is no file ${token.file}. Run \`claude-fleet rotate\` again.`);
  const problems = await eachLimited(token.services, AT_ONCE, async (service) => {
    try {
      await ask(rotation, verifyRequest(token, service, current));
      return [];
    } catch (error) {
      if (error instanceof ExpectedError) return error.problems;
      throw error;
    }
  });
  if (problems.flat().length > 0) throw new ExpectedError(problems.flat());
}

async function runTask(rotation: Rotation, command: readonly string[], say: Say): Promise<string> {
  say("running a small task");
  const request = { action: "run-task", command } as const;
  const result = await ask(rotation, request, say);
  const complaint = taskComplaint(result, rotation.target.token.rotation);
  if (complaint !== undefined) throw new ExpectedError(complaint);
  return `a small task cost 0 (source ${result.source})`;
}

/** Returns why the subscription did not pay for a task; undefined when it did. */
export function taskComplaint(
  { cost, source }: { readonly cost: number; readonly source: string },
  { freeSources }: Pick<RotationPlan, "freeSources">,
): string | undefined {
  if (cost > 0)
    return `A small task cost ${cost} (source ${source}), so the subscription did not pay for it.`;
  if (freeSources.length === 0 || freeSources.includes(source)) return undefined;
  return `A small task named the source ${source}, which is none of ${freeSources.join(", ")}. Check the gateway and \`rotation.freeSources\`.`;
}

/** Returns whether the former token still works, for everybody who still has a copy. */
export function fateOf({ former }: Pick<TokenEvidence, "former">): readonly string[] {
  if (former === null) return [];
  const { sha256, call } = former;
  const name = `The former token, ${sha256.slice(0, 12)},`;
  if (call.outcome === "ok") return [`${name} still works: \`claude-fleet rotate --back\` can return to it.`];
  if (call.outcome === "refused") return [`${name} is refused by now. A return to it is not possible.`];
  return [`It is not known whether ${name.replace("The", "the")} still works (${call.why}).`];
}
