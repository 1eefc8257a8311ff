/** Publishes a run's report: sync.log, the journal and `status.json`. */
import { userPlaces } from "../contract/agent-places.ts";
import { reportLine, type Report } from "../contract/agent-report.ts";
import { agentStatus } from "../contract/agent-status.ts";
import type { AgentConfig } from "./config.ts";
import { statusOf, type StatusFacts } from "./decision/status.ts";
import { storeFile } from "./files.ts";
import type { AgentWorld } from "./world.ts";

const MAX_LOG_BYTES = 1024 * 1024;

/** Appends the line to sync.log (0600; the former file is kept at 1 MiB) and sends it to the journal. */
export async function publishLine(world: AgentWorld, report: Report, home: string): Promise<void> {
  const line = reportLine(report);
  const { log } = userPlaces(home);
  const state = await world.files.state(log);
  if (state !== undefined && state.size >= MAX_LOG_BYTES) await world.files.rename(log, `${log}.1`);
  await world.files.append(log, `${new Date(world.clock.now()).toISOString()} ${line}\n`);
  if (state !== undefined && state.mode !== 0o600) await world.files.chmod(log, 0o600);
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
