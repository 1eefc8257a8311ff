/** Publishes a run's report: sync.log, the journal and `status.json`. */
import { userPlaces } from "../contract/agent-places.ts";
import { reportLine, type Report } from "../contract/agent-report.ts";
import { agentStatus } from "../contract/agent-status.ts";
import type { AgentConfig } from "./config.ts";
import { statusOf, type StatusFacts } from "./decision/status.ts";
import { errorCode, problemsOf } from "../lib/expected-error.ts";
import { describeReading } from "../lib/regular-file.ts";
import { storeFile } from "./files.ts";
import type { AgentWorld } from "./world.ts";

const MAX_LOG_BYTES = 1024 * 1024;

/**
 * Makes sync.log ready for one line: 0600, and the former file is kept at 1 MiB.
 * @returns why it cannot take a line, as a sentence with the remedy
 */
export async function prepareLog(world: AgentWorld, home: string): Promise<string | undefined> {
  const { log } = userPlaces(home);
  try {
    const state = await world.files.state(log);
    if (state?.kind === "file" && state.size >= MAX_LOG_BYTES) await world.files.rename(log, `${log}.1`);
    await world.files.append(log, "");
    if (state !== undefined && state.mode !== 0o600) await world.files.chmod(log, 0o600);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    const reading = code === "" ? undefined : await world.files.read(log, 0);
    const lies = reading === undefined || ["file", "missing", "unreadable"].includes(reading.kind);
    const what =
      lies || reading.kind === "file"
        ? `cannot be written (${problemsOf(error).join(" ")})`
        : describeReading(reading);
    return `${log} ${what}. The line is in the journal alone. Remove what lies there; the next run creates the file again.`;
  }
}

/** Appends the line to sync.log, where that can take it, and sends it to the journal. */
export async function publishLine(world: AgentWorld, report: Report, home: string): Promise<void> {
  const line = reportLine(report);
  if ((await prepareLog(world, home)) === undefined) {
    const { log } = userPlaces(home);
    // A full disk takes no line, but the journal does.
    await world.files
      .append(log, `${new Date(world.clock.now()).toISOString()} ${line}\n`)
      .catch(() => undefined);
  }
  await world.journal({
    message: line,
    word: report.word,
    user: report.user,
    class: report.class,
    reason: report.reason,
  });
}

/** Stores the status that root reads, 0600. Stores none before the first full run. @throws when it does not fit its schema */
export async function publishStatus(
  world: AgentWorld,
  { fleet, home }: AgentConfig,
  facts: Omit<StatusFacts, "fleet" | "now">,
): Promise<void> {
  const status = statusOf({ fleet, now: world.clock.now(), ...facts });
  if (status === undefined) return;
  await storeFile(world, userPlaces(home).status, `${JSON.stringify(agentStatus.parse(status))}\n`);
}
