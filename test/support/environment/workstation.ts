/** The test environment's workstation, as its root and as the people who work on it see it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { PEOPLE } from "../../../dev/people.ts";
import { printed, run, type Run } from "./run.ts";

/** Runs a shell command there as root and returns what it prints. @throws Error when it does not exit with 0 */
export function onWorkstation(environment: DevEnvironment, shell: string, input = ""): Promise<string> {
  const [program, ...args] = environment.workstationSsh;
  return printed(program, [...args, shell], { input });
}

/** The same, for a command that may fail. */
export function tryOnWorkstation(environment: DevEnvironment, shell: string, input = ""): Promise<Run> {
  const [program, ...args] = environment.workstationSsh;
  return run(program, [...args, shell], { input });
}

/** The account of a person who works there. */
export function person(user: string): (typeof PEOPLE)[number] {
  const found = PEOPLE.find((one) => one.user === user);
  if (found === undefined) throw new Error(`dev/people.ts has no ${user}.`);
  return found;
}

/** Paths of what the fleet puts into a home. */
export function placesOf(user: string, home = `/home/${user}`) {
  return {
    configFolder: `${home}/.config/claude-auth-sync`,
    token: `${home}/.config/claude-auth-sync/vault-token`,
    accessor: `${home}/.config/claude-auth-sync/vault-accessor`,
    log: `${home}/.local/state/claude-auth-sync/sync.log`,
    agentState: `${home}/.local/state/claude-auth-sync/state.json`,
    pending: `${home}/.local/state/claude-auth-sync/pending`,
    credentials: `${home}/.claude/.credentials.json`,
  } as const;
}

/** The user's scoped Vault token; undefined when there is none. */
export async function vaultTokenOf(environment: DevEnvironment, user: string): Promise<string | undefined> {
  const text = await onWorkstation(environment, `cat ${placesOf(user).token} 2>/dev/null || true`);
  return text.trim() === "" ? undefined : text.trim();
}

/** One run of a user's service, from its start to its end. */
export interface ServiceRun {
  /** Exit code of the agent. */
  readonly code: number;
  /** systemd's word: `success`, `exit-code`, … */
  readonly result: string;
  /** What the run appended to sync.log. */
  readonly log: string;
  /** What it wrote to the journal under the agent's identifier. */
  readonly journal: string;
}

/** `systemctl start claude-auth-sync@USER.service`, and what came of it. */
export async function runService(
  environment: DevEnvironment,
  user: string,
  home?: string,
): Promise<ServiceRun> {
  const unit = `claude-auth-sync@${user}.service`;
  const { log } = placesOf(user, home);
  const script = [
    `size=$(stat -c %s ${log} 2>/dev/null || echo 0)`,
    `systemctl start ${unit} || true`,
    "journalctl --sync",
    `systemctl show ${unit} -p ExecMainStatus --value`,
    `systemctl show ${unit} -p Result --value`,
    `invocation=$(systemctl show ${unit} -p InvocationID --value)`,
    `echo ---log; tail -c +$((size + 1)) ${log}`,
    `echo ---journal; journalctl -q -o cat -t claude-auth-sync _SYSTEMD_INVOCATION_ID="$invocation"`,
    // A failed run is not the next test's.
    `systemctl reset-failed ${unit} 2>/dev/null || true`,
  ].join("\n");
  const text = await onWorkstation(environment, "sh -us", script);
  const parts = /^(\d+)\n(\S+)\n---log\n([^]*)---journal\n([^]*)$/.exec(text);
  if (parts === null) throw new Error(`The run of ${unit} could not be told from:\n${text}`);
  const [, code = "", result = "", written = "", journal = ""] = parts;
  // The entry that carries the fields has no text of its own: journalctl shows an empty line for it.
  return { code: Number(code), result, log: written, journal: journal.replace(/^\n+/gm, "") };
}

/** Stops the watch on a user's login, and waits for what it has started: a test's own run is then the only one. */
export async function unwatch(environment: DevEnvironment, user: string): Promise<void> {
  await onWorkstation(environment, `systemctl stop claude-auth-sync@${user}.path`);
  await awaitRest(environment, user);
}

/** Brings back what {@link unwatch} has stopped. */
export async function watch(environment: DevEnvironment, user: string): Promise<void> {
  await onWorkstation(environment, `systemctl start claude-auth-sync@${user}.path`);
}

/** Waits until none of a user's services runs. */
export async function awaitRest(environment: DevEnvironment, user: string): Promise<void> {
  const units = ["", "-backup", "-recheck"]
    .map((kind) => `claude-auth-sync${kind}@${user}.service`)
    .join(" ");
  const running = `systemctl show -p ActiveState --value ${units} | grep -c activating || true`;
  while ((await onWorkstation(environment, running)).trim() !== "0") await sleep(250);
}

/** A timer as systemd plans it. */
export interface Timer {
  readonly unit: string;
  /** Milliseconds since 1970; null when it will never elapse. */
  readonly next: number | null;
}

/** `systemctl list-timers 'claude-auth-sync@*'`, and the machine's own idea of now in milliseconds since 1970. */
export async function timers(
  environment: DevEnvironment,
): Promise<{ readonly now: number; readonly timers: readonly Timer[] }> {
  const shell = "date +%s%3N && systemctl list-timers 'claude-auth-sync@*' --output=json";
  const [now = "", ...list] = (await onWorkstation(environment, shell)).split("\n");
  const rows = JSON.parse(list.join("\n")) as readonly { unit: string; next: number | null }[];
  // systemd counts microseconds.
  return {
    now: Number(now),
    timers: rows.map(({ unit, next }) => ({ unit, next: next === null ? null : next / 1000 })),
  };
}

/** Lets a person log in at the stand-in, and puts the login where the CLI keeps it, as the CLI does. */
export async function logIn(environment: DevEnvironment, user: string): Promise<string> {
  const { claudeAiOauth } = await environment.anthropic.login(person(user).email);
  await writeCredentials(environment, user, { claudeAiOauth });
  return claudeAiOauth.accessToken;
}

/** Puts a credentials file in its place, written by its owner. */
export async function writeCredentials(
  environment: DevEnvironment,
  user: string,
  content: unknown,
): Promise<void> {
  const write = "umask 077; mkdir -p .claude && cat > .claude/.credentials.json";
  await onWorkstation(environment, `runuser -l ${user} -c '${write}'`, `${JSON.stringify(content)}\n`);
}

/** The credentials file of a person, as text; undefined when there is none. */
export async function readCredentials(
  environment: DevEnvironment,
  user: string,
): Promise<string | undefined> {
  const text = await onWorkstation(environment, `cat ${placesOf(user).credentials} 2>/dev/null || true`);
  return text === "" ? undefined : text;
}
