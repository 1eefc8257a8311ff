/** Watches what all processes of the machine show of themselves to others: their arguments and their variables. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { start } from "../../../lib/process.ts";
import { findSecrets, type Secret } from "./secrets.ts";

/** A process, and everything that it has shown while it was watched. */
export interface SeenProcess {
  /** Its number and its start: names it once and for all. */
  readonly key: string;
  readonly pid: number;
  /** Number of the process that started it. */
  readonly parent: number;
  readonly name: string;
  /** Arguments, each ended by a NUL. */
  readonly commands: readonly string[];
  /** Variables, each ended by a NUL. */
  readonly environments: readonly string[];
}

/** Starts watching; what is returned ends it and tells what was seen. */
export async function watchProcesses(): Promise<() => Promise<readonly SeenProcess[]>> {
  const program = fileURLToPath(new URL("process-sampler.ts", import.meta.url));
  const child = start(process.execPath, ["--import", "tsx", program], {
    env: process.env,
    stderr: "inherit",
    maxBuffer: Infinity,
  });
  await Promise.race([
    once(child.stdout, "data"),
    child.then(({ exitCode }) => {
      throw new Error(`The sampler of processes ended with ${exitCode}.`);
    }),
  ]);
  return async () => {
    child.stdin.end();
    const { stdout } = await child;
    const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
    return lines.map((line) => JSON.parse(line) as SeenProcess);
  };
}

/** Who may hold the operator's Vault token among its variables. */
interface Operator {
  readonly token: Secret;
  /** The process in which the operator works: this one, for a test. */
  readonly pid: number;
}

/**
 * Returns where processes showed a secret, one line each.
 *
 * The operator's Vault token is allowed in the variables of pulumi, its plugins and the commands that they run, and of the
 * shells around pulumi. It is not allowed in what `claude-fleet host` starts: ssh, or the shell of a local host.
 */
export function leaksOfProcesses(
  processes: readonly SeenProcess[],
  secrets: readonly Secret[],
  operator: Operator,
): readonly string[] {
  // A process number may have been used twice meanwhile. An allowed process does not make the other process allowed.
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  return processes.flatMap((one) => {
    const shown = (kind: string, texts: readonly string[], values: readonly Secret[]) =>
      findSecrets(texts.join("\n"), values).map(
        (secret) => `${kind} of process ${one.pid} (${one.name}): ${secret}`,
      );
    const others = mayHoldToken(one, operator.pid, byPid)
      ? secrets.filter(({ value }) => value !== operator.token.value)
      : secrets;
    return [...shown("arguments", one.commands, secrets), ...shown("variables", one.environments, others)];
  });
}

function mayHoldToken(one: SeenProcess, pid: number, byPid: ReadonlyMap<number, SeenProcess>): boolean {
  const ancestors = ancestorsOf(one, byPid);
  if (ancestors.some(isHostCommand)) return false;
  if (one.pid === pid || ancestors.some((ancestor) => ancestor.pid === pid)) return true;
  const own = byPid.get(pid);
  return own !== undefined && ancestorsOf(own, byPid).includes(one);
}

/** From the parent up. */
function ancestorsOf(one: SeenProcess, byPid: ReadonlyMap<number, SeenProcess>): readonly SeenProcess[] {
  const found: SeenProcess[] = [];
  for (let next = byPid.get(one.parent); next && !found.includes(next); next = byPid.get(next.parent))
    found.push(next);
  return found;
}

/** The program itself, not the shell whose argument names it. */
const isHostCommand = ({ commands }: SeenProcess) =>
  commands.some((command) => /(^|\0)\S*claude-fleet\.mjs\0host\0/.test(command));
