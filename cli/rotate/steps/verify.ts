/** Proves a rotation: what each container reads, what real calls answer, and what the services have said since. */
import { type TokenEvidence } from "../../../contract/rotation.ts";
import { eachLimited } from "../../../lib/each-limited.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { tokenFinding } from "../../../plan/diagnosis/token-finding.ts";
import { FINDINGS } from "../../../plan/diagnosis/findings.ts";
import type { RotationPlan } from "../../../plan/rotation-model.ts";
import { verifyRequest } from "../../../plan/requests/token.ts";
import { collectEvidence } from "../../diagnose/collect-evidence.ts";
import { ask, holdLock, type Rotation, type Say } from "../rotation.ts";

/** Conversations with one host at the same time; sshd takes ten. */
const AT_ONCE = 4;

/** @throws {ExpectedError} with everything that is not as it should be */
export async function verify(rotation: Rotation, say: Say): Promise<string> {
  await holdLock(rotation, false);
  const { target, signal } = rotation;
  const { token } = target;
  say("looking into the containers");
  await verifyContainers(rotation);
  const said = [`${token.services.length} containers read it`];
  // Before the logs are read: what the task costs stands in them, too.
  if (token.rotation.task !== undefined) said.push(await runTask(rotation, token.rotation.task, say));
  const { host } = await collectEvidence(target, { former: true, signal, say });
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
  said.push("no use of the fallback key since they were made anew");
  rotation.findings.push(...fateOf(host));
  return said.join("; ");
}

/** Tasks that failed before the rotation may still be counted by a site's query that asks for no time. */
function withoutFailedTasks(host: TokenEvidence): TokenEvidence {
  return { ...host, failedTasks: null };
}

async function verifyContainers(rotation: Rotation): Promise<void> {
  const { token } = rotation.target;
  const current = rotation.state.file.sha256;
  if (current === null)
    throw new ExpectedError(`There is no file ${token.file}; run \`claude-fleet rotate\` again.`);
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

/** Why a task was not carried by the subscription; undefined when it was. Pure. */
export function taskComplaint(
  { cost, source }: { readonly cost: number; readonly source: string },
  { freeSources }: Pick<RotationPlan, "freeSources">,
): string | undefined {
  if (cost > 0) return `A small task cost ${cost} (source ${source}): the subscription has not carried it.`;
  if (freeSources.length === 0 || freeSources.includes(source)) return undefined;
  return `A small task named the source ${source}, which is none of ${freeSources.join(", ")}: look at the gateway, or at \`rotation.freeSources\`.`;
}

/** What has become of the token before it, for those who still have a copy. Pure. */
export function fateOf({ former }: Pick<TokenEvidence, "former">): readonly string[] {
  if (former === null) return [];
  const { sha256, call } = former;
  const name = `The former token, ${sha256.slice(0, 12)},`;
  if (call.outcome === "ok") return [`${name} still works: \`claude-fleet rotate --back\` can return to it.`];
  if (call.outcome === "refused") return [`${name} is refused by now: there is no way back to it.`];
  return [`Whether ${name.replace("The", "the")} still works is not known (${call.why}).`];
}
