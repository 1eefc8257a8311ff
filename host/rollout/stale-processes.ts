/** `stale`: finds processes that outlived a rollout with a previous token, and lists them, waits for them or ends them. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../../claude/credentials.ts";
import type { ResultOf } from "../../contract/actions.ts";
import type { StaleQuestion } from "../../contract/rollout.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { namedContainers } from "../docker.ts";
import type { Session } from "../session.ts";
import { copyPath, readApprovedCopies } from "../token/approved-copies.ts";
import { parseTokenFile } from "../token/parse-token-file.ts";
import { startOf } from "../process-stat.ts";
import { processesWith, type TokenProcess } from "./token-processes.ts";
import { readRegularFile } from "../../lib/regular-file.ts";
import { plainText } from "../../lib/printable.ts";
import { MAX_TOKEN_FILE_BYTES } from "../token/candidate-rules.ts";

const POLL_MS = 1000;
/** Seconds after SIGKILL within which a process must be gone. */
const KILLED_SECONDS = 5;

/**
 * Lists the processes, waits for their end, or ends them, as the settings say. Names a process in one of the token's own
 * containers and leaves it alone: the container is new, so that its site puts the previous token into its environment.
 * @throws {ExpectedError} when a process is still there after the wait, or cannot be ended
 */
export async function staleProcesses(question: StaleQuestion, session: Session): Promise<ResultOf<"stale">> {
  await reportNewerFile(question, session);
  const former = await formerTokens(question);
  const found = former.size === 0 ? [] : await processesWith(former);
  const { containers } = await namedContainers(...question.containers);
  const own = new Map(containers.map(({ id, name }) => [id, name]));
  const inside = found.filter(({ container }) => container !== undefined && own.has(container));
  const stale = found.filter((process) => !inside.includes(process));
  for (const process of inside) {
    const name = own.get(process.container ?? "") ?? "";
    session.progress(
      `${describe(process)} in ${name} has a former token in ${process.variable}, though the container is new: this variable outranks the token file, and the site sets it`,
    );
  }
  for (const process of stale) {
    session.progress(
      `${describe(process)} has outlived the rollout with a former token in ${process.variable}`,
    );
  }
  if (question.then === "stop") await stop(stale, question.gracePeriodSeconds);
  if (question.then !== "list") await awaitEnd(stale, question);
  return { stale: stale.map(({ pid }) => pid), inside: inside.map(({ pid }) => pid) };
}

/** Reports a token file that has changed during the rollout. The containers have the approved copy, and the next `up` rolls the new file out. */
async function reportNewerFile({ token, sha256 }: StaleQuestion, session: Session): Promise<void> {
  const reading = await readRegularFile(token.file, MAX_TOKEN_FILE_BYTES);
  if (reading.kind === "file" && sha256Of(reading.content) === sha256) return;
  session.progress(
    `${token.file} has changed while ${sha256.slice(0, 12)} was rolled out; run \`pulumi up\` again`,
  );
}

/** Returns the digests of the access tokens in approved copies of other files than the current one. */
async function formerTokens({ token, sha256 }: StaleQuestion): Promise<ReadonlySet<string>> {
  const { copies } = await readApprovedCopies(token.file);
  const tokens = new Map<string, string>();
  for (const copy of copies) {
    const reading = await readRegularFile(copyPath(token.file, copy), MAX_TOKEN_FILE_BYTES);
    if (reading.kind !== "file") continue;
    const content = parseTokenFile(reading.content.toString("utf8"));
    if (content.kind !== "invalid") {
      tokens.set(copy.sha256, sha256Of(textOf(content.oauth, "accessToken")));
    }
  }
  const current = tokens.get(sha256);
  return new Set([...tokens.values()].filter((digest) => digest !== current));
}

function describe({ pid, uid, command, since }: TokenProcess): string {
  return `process ${pid} (${plainText(command, 40)}, uid ${uid}, since ${since})`;
}

async function stop(processes: readonly TokenProcess[], graceSeconds: number): Promise<void> {
  for (const process of processes) await signal(process, "SIGTERM");
  const deadline = performance.now() + graceSeconds * 1000;
  while (performance.now() < deadline && (await living(processes)).length > 0) await sleep(POLL_MS);
  for (const process of await living(processes)) await signal(process, "SIGKILL");
}

/** Sends a signal to the process that was found, and not to a new process with the same pid. */
async function signal(target: TokenProcess, name: "SIGTERM" | "SIGKILL"): Promise<void> {
  if ((await startOf(target.pid)) !== target.start) return;
  try {
    process.kill(target.pid, name);
  } catch (error) {
    if (errorCode(error) === "ESRCH") return;
    throw new ExpectedError(
      `${describe(target)} could not be ended (${errorCode(error)}); end it by hand, or set \`become\` for the token's host.`,
    );
  }
}

async function awaitEnd(
  processes: readonly TokenProcess[],
  { then, waitSeconds }: StaleQuestion,
): Promise<void> {
  const deadline = performance.now() + (then === "stop" ? KILLED_SECONDS : waitSeconds) * 1000;
  for (;;) {
    const left = await living(processes);
    if (left.length === 0) return;
    if (performance.now() >= deadline) {
      throw new ExpectedError(
        left.map(
          (process) =>
            `${describe(process)} still has a former token in ${process.variable}; all containers have the new one. End it, or run \`pulumi up\` again to wait for it.`,
        ),
      );
    }
    await sleep(POLL_MS);
  }
}

async function living(processes: readonly TokenProcess[]): Promise<readonly TokenProcess[]> {
  const alive = await Promise.all(
    processes.map(async (one) => (await startOf(one.pid)) === one.start && !(await isZombie(one.pid))),
  );
  return processes.filter((_, index) => alive[index]);
}

async function isZombie(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return /^State:\s+Z/m.test(status);
}
