/** `diagnose-token`: what this host can see of a token, by real calls and by the words of its services. Changes nothing. */
import { textOf } from "../../claude/credentials.ts";
import type { CallEnd } from "../../claude/answers.ts";
import { withoutSecrets } from "../../contract/agent-report.ts";
import { readRegularFile, type FileReading } from "../../lib/atomic-file.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { plainText, problemsOf } from "../../lib/expected-error.ts";
import type { HostToken } from "../../contract/token-file.ts";
import type { Call, TokenEvidence, TokenQuestion } from "../../contract/rotation.ts";
import type { Session } from "../session.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "../token/judge-candidate.ts";
import { copiesFolder, copyPath, readApprovedCopies } from "../token/approved-copies.ts";
import { compareVariables, readVariable } from "./environment-file.ts";
import { countingFrom, countLines } from "./count-log-lines.ts";
import { callMessages } from "../../claude/messages-api.ts";
import { callByGate } from "../token/prove-token.ts";
import { observeServices, tokenFingerprint } from "./rotation-state.ts";
import { runSiteCommand } from "./site-command.ts";
import { sha256Of } from "../../lib/sha256.ts";

/** Logs that are read at the same time. */
const LOGS_AT_ONCE = 4;
const QUERY_DEADLINE_MS = 60_000;

/** Looks at everything that the settings name. Never throws for what it finds: `missing` says what it could not see. */
export async function diagnoseToken(question: TokenQuestion, session: Session): Promise<TokenEvidence> {
  const { token, environment, fallbackKey, failedTasks } = question;
  const missing: string[] = [];
  const seen = <T>(work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      missing.push(...problemsOf(error));
      return null;
    });

  const reading = await readRegularFile(token.file, MAX_TOKEN_FILE_BYTES);
  const { kind = null, oauth, complaints } = judgeCandidate(reading, rulesOf(token));
  const sha256 = reading.kind === "file" ? sha256Of(reading.content) : null;
  session.progress("asking the API with the token of the file");
  const candidate =
    oauth === undefined ? null : callOf(await callByGate(oauth, token.gate, callerOf(reading)));
  session.progress("reading the services' logs");
  const services = await observeLogs(question, missing);
  const passed = (await seen(readApprovedCopies(token.file)))?.memory.passed ?? [];
  const latest = givenTo(services, sha256) ?? passed[0];
  const current = latest === undefined || latest === sha256 ? null : await askCopy(token, latest, session);
  const before = passed.find((one) => one !== sha256);
  const former = question.former && before !== undefined ? await askCopy(token, before, session) : null;

  session.progress("asking the gateway");
  const gateway = await seen(askGateway(question));
  const access = oauth === undefined ? undefined : textOf(oauth, "accessToken");
  const evidence = {
    file: {
      sha256,
      fingerprint: oauth === undefined ? null : tokenFingerprint(oauth),
      kind,
      complaints: [...complaints],
    },
    candidate,
    current,
    former,
    gateway,
    fallbackKey: fallbackKey && (await seen(presence(readVariable(fallbackKey)))),
    environment:
      environment === undefined || access === undefined
        ? null
        : await seen(compareVariables(environment, access)),
    services,
    failedTasks: failedTasks && (await seen(countFailedTasks(failedTasks, latestStart(question, services)))),
  };
  return {
    ...evidence,
    fallbackKey: evidence.fallbackKey ?? null,
    failedTasks: evidence.failedTasks ?? null,
    missing: missing.slice(0, 50).map((sentence) => plainText(sentence, 1000)),
  };
}

function rulesOf({ file, uids, gate }: HostToken) {
  return { file, allowRefreshToken: gate.allowRefreshToken, uids, nowMs: Date.now() };
}

/** As whom a CLI of the owner's own would run, and where its scratch folder may lie. */
function callerOf(reading: FileReading) {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const { uid, gid } = reading.kind === "file" ? reading.stat : own;
  return { uid, gid, scratchParent: own.uid === 0 ? "/run" : "/tmp" };
}

/** What containers have: another file than the candidate, where one has; undefined where none is from a rollout. */
function givenTo(services: TokenEvidence["services"], candidate: string | null): string | undefined {
  const digests = services.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]));
  return digests.find((digest) => digest !== candidate) ?? digests[0];
}

/** A call with the token of one of the immutable copies. */
async function askCopy(token: HostToken, sha256: string, session: Session) {
  session.progress(`asking the API with the token ${sha256.slice(0, 12)}`);
  const { copies } = await readApprovedCopies(token.file);
  const copy = copies.find((one) => one.sha256 === sha256);
  const nothing = { sha256, call: { outcome: "unknown" as const, why: "its copy is not there any more" } };
  if (copy === undefined) return nothing;
  const reading = await readRegularFile(copyPath(token.file, copy), MAX_TOKEN_FILE_BYTES);
  const { oauth } = judgeCandidate(reading, { ...rulesOf(token), file: copiesFolder(token.file) });
  if (oauth === undefined) return nothing;
  return { sha256, call: callOf(await callByGate(oauth, token.gate, callerOf(reading))) };
}

async function askGateway({ gateway }: TokenQuestion): Promise<Call | null> {
  if (gateway === undefined) return null;
  const bearer = await readVariable(gateway.key);
  if (bearer === undefined) {
    const { file, variable } = gateway.key;
    return { outcome: "unknown", why: `${file} holds no ${variable}, so the gateway could not be asked` };
  }
  return callOf(await callMessages({ url: gateway.url, model: gateway.model, bearer }));
}

/** A call's end without anything that looks like a token. */
export function callOf({ outcome, why }: CallEnd): Call {
  return { outcome, why: withoutSecrets(why) };
}

async function presence(value: Promise<string | undefined>): Promise<"present" | "absent"> {
  return (await value) === undefined ? "absent" : "present";
}

/** What a task has failed by before the last service was made anew says nothing about the token of now. */
function latestStart({ logs }: TokenQuestion, services: TokenEvidence["services"]): string {
  const starts = services.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
  const latest = new Date(Math.max(0, ...starts.filter((start) => !Number.isNaN(start))));
  return countingFrom(latest.toISOString(), logs.windowSeconds, Date.now());
}

async function countFailedTasks(command: readonly string[], since: string): Promise<number> {
  const options = { deadlineMs: QUERY_DEADLINE_MS, variables: { CLAUDE_FLEET_SINCE: since } };
  const last = (await runSiteCommand(command, options)).trim().split("\n").at(-1) ?? "";
  if (/^\d{1,9}$/.test(last)) return Number(last);
  throw new Error(
    `${command[0] ?? ""} did not print a number; correct it, or \`diagnosis.failedTasks\` in the settings.`,
  );
}

async function observeLogs(question: TokenQuestion, missing: string[]): Promise<TokenEvidence["services"]> {
  const { logs } = question;
  return eachLimited(await observeServices(question, missing), LOGS_AT_ONCE, async (service) => {
    if (service.startedAt === null) return { ...service, lines: null };
    const since = countingFrom(service.startedAt, logs.windowSeconds, Date.now());
    const lines = (await countLines(service.container, since, logs)) ?? null;
    if (lines === null) missing.push(`The log of ${service.container} could not be read.`);
    return { ...service, lines };
  });
}
