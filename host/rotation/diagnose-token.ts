/** `diagnose-token`: collects evidence about a token by real calls and from its services' logs. Changes nothing. */
import type { CallEnd } from "../../claude/answer-patterns.ts";
import { callMessages } from "../../claude/messages-api.ts";
import { withoutSecrets } from "../../contract/agent-report.ts";
import type { Call, TokenEvidence, TokenQuestion } from "../../contract/rotation.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { plainTexts } from "../../lib/printable.ts";
import type { Session } from "../session.ts";
import { copiesFolder, copyPath, readApprovedCopies } from "../token/approved-copies.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "../token/candidate-rules.ts";
import { callByGate, scratchParent, type Caller } from "../token/prove-token.ts";
import { countingFrom, countLines } from "./count-log-lines.ts";
import { compareVariables, readVariable } from "./environment-file.ts";
import { missingCollector, observeServices, readToken } from "./rotation-state.ts";
import { runSiteCommand } from "./site-command.ts";
import { readRegularFile, type FileReading } from "../../lib/regular-file.ts";

/** How many logs are read at the same time. */
const LOGS_AT_ONCE = 4;
const QUERY_DEADLINE_MS = 60_000;

/** Collects all evidence that the settings name. Never throws for what it finds: `missing` says what could not be observed. */
export async function diagnoseToken(question: TokenQuestion, session: Session): Promise<TokenEvidence> {
  const { token, environment, fallbackKey, failedTasks } = question;
  const missing: string[] = [];
  const orMissing = missingCollector(missing);

  const { reading, kind = null, oauth, complaints, sha256, access, fingerprint } = await readToken(token);
  session.progress("asking the API with the token of the file");
  const candidate =
    oauth === undefined ? null : callOf(await callByGate(oauth, token.gate, callerOf(reading)));
  session.progress("reading the services' logs");
  const services = await observeLogs(question, missing);
  const passed = (await orMissing(readApprovedCopies(token.file)))?.gateRecord.passed ?? [];
  const latest = latestRollout(services, sha256) ?? passed[0];
  const current = latest === undefined || latest === sha256 ? null : await askCopy(token, latest, session);
  const before = passed.find((one) => one !== sha256);
  const former = question.former && before !== undefined ? await askCopy(token, before, session) : null;

  session.progress("asking the gateway");
  const gateway = await orMissing(askGateway(question));
  const evidence = {
    file: { sha256, fingerprint, kind, complaints: [...complaints] },
    candidate,
    current,
    former,
    gateway,
    fallbackKey: fallbackKey === undefined ? null : await orMissing(presence(readVariable(fallbackKey))),
    environment: await orMissing(compareVariables(environment, access)),
    services,
    failedTasks:
      failedTasks === undefined
        ? null
        : await orMissing(countFailedTasks(failedTasks, latestStart(question, services))),
  };
  return { ...evidence, missing: plainTexts(missing, PROTOCOL_LIMITS.missing, PROTOCOL_LIMITS.evidence) };
}

/** Returns as whom a CLI of the file's owner runs. */
function callerOf(reading: FileReading): Caller {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const { uid, gid } = reading.kind === "file" ? reading.stat : own;
  return { uid, gid, scratchParent: scratchParent("/tmp") };
}

/** Returns the digest that a rollout gave to containers: another one than the candidate's where there is one; undefined without a rollout. */
function latestRollout(services: TokenEvidence["services"], candidate: string | null): string | undefined {
  const digests = services.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]));
  return digests.find((digest) => digest !== candidate) ?? digests[0];
}

/** Makes a call with the token of an approved copy. */
async function askCopy(token: HostToken, sha256: string, session: Session) {
  session.progress(`asking the API with the token ${sha256.slice(0, 12)}`);
  const { copies } = await readApprovedCopies(token.file);
  const copy = copies.find((one) => one.sha256 === sha256);
  const nothing = { sha256, call: { outcome: "unknown" as const, why: "its approved copy is missing" } };
  if (copy === undefined) return nothing;
  const reading = await readRegularFile(copyPath(token.file, copy), MAX_TOKEN_FILE_BYTES);
  const { oauth } = judgeCandidate(reading, { ...token, file: copiesFolder(token.file) });
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

/** Returns the end of a call without anything that looks like a token. */
function callOf({ outcome, why }: CallEnd): Call {
  return { outcome, why: withoutSecrets(why) };
}

async function presence(value: Promise<string | undefined>): Promise<"present" | "absent"> {
  return (await value) === undefined ? "absent" : "present";
}

/** Returns when the last service was started: a task that failed before says nothing about the token of now. RFC 3339. */
function latestStart({ logs }: TokenQuestion, services: TokenEvidence["services"]): string {
  const starts = services.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
  const latest = new Date(Math.max(0, ...starts.filter((start) => !Number.isNaN(start))));
  return countingFrom(latest.toISOString(), logs.windowSeconds, Date.now());
}

async function countFailedTasks(command: readonly string[], since: string): Promise<number> {
  const output = await runSiteCommand(command, QUERY_DEADLINE_MS, { CLAUDE_FLEET_SINCE: since });
  const last = output.trim().split("\n").at(-1) ?? "";
  if (/^\d{1,9}$/.test(last)) return Number(last);
  throw new Error(
    `${command[0] ?? ""} did not print a number in its last line; correct it, or \`diagnosis.failedTasks\` in the settings.`,
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
