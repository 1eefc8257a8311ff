/** Finds docker compose on a token's host, and runs it in the project's folder as the owner of that folder. */
import { stat } from "node:fs/promises";
import { delimiter } from "node:path";
import { withoutSecrets } from "../../contract/agent-report.ts";
import type { HostCompose } from "../../contract/token-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { describeEnd, type ProcessEnd } from "../../lib/process.ts";
import { runProcess } from "../../lib/run-process.ts";
import { accountOf } from "../accounts.ts";
import { engineVariables } from "../docker.ts";
import { plainText } from "../../lib/printable.ts";

/** The commands that may be compose, in the order in which they are tried: the plugin, then the older program. */
const COMPOSE_COMMANDS = [["docker", "compose"], ["docker-compose"]] as const;

const NO_COMPOSE =
  "neither `docker compose` nor `docker-compose` is there; install one, or name a command by the driver's `recreate`";

/** Seconds that compose itself may need, beyond the grace period of a container. */
const OWN_SECONDS = 300;

/** Returns the names of the services in the project's file, or why they are unknown, as a clause. */
export async function composeServices(
  compose: HostCompose,
): Promise<{ readonly services: readonly string[] } | { readonly why: string }> {
  const words = await findCompose(compose);
  if (words === undefined) return { why: NO_COMPOSE };
  const end = await runThere(compose, [...words, ...projectWords(compose), "config", "--services"]);
  if (end.code !== 0) return { why: whyOf(end) };
  return { services: end.stdout.split("\n").filter((name) => name !== "") };
}

/**
 * Recreates one service and nothing else, by the driver's own command or by compose.
 * @param override path of a second compose file, with the mounts and labels of the token
 * @returns why that failed, as a clause
 */
export async function recreateByCompose(
  compose: HostCompose,
  service: string,
  override: string,
  gracePeriodSeconds: number,
): Promise<string | undefined> {
  const variables = {
    COMPOSE_FILE: [compose.file, override].join(delimiter),
    CLAUDE_FLEET_COMPOSE_OVERRIDE: override,
    CLAUDE_FLEET_SERVICE: service,
  };
  const argv = await recreateArguments(compose, service, override, gracePeriodSeconds);
  if (argv === undefined) return NO_COMPOSE;
  const end = await runThere(compose, argv, variables, gracePeriodSeconds);
  return end.code === 0 ? undefined : whyOf(end);
}

async function recreateArguments(
  compose: HostCompose,
  service: string,
  override: string,
  gracePeriodSeconds: number,
): Promise<readonly string[] | undefined> {
  if (compose.recreate !== undefined) return [...compose.recreate, service];
  const words = await findCompose(compose);
  if (words === undefined) return undefined;
  const project = [...projectWords(compose), "--file", override];
  const up = ["up", "--detach", "--no-deps", "--force-recreate", "--timeout", String(gracePeriodSeconds)];
  return [...words, ...project, ...up, service];
}

/** Returns the words of the first compose command that answers; undefined when none does. */
async function findCompose(compose: HostCompose): Promise<readonly string[] | undefined> {
  for (const words of COMPOSE_COMMANDS) {
    if ((await runThere(compose, [...words, "version"])).code === 0) return words;
  }
  return undefined;
}

function projectWords({ file, directory }: HostCompose): readonly string[] {
  return ["--project-directory", directory, "--file", file];
}

/**
 * Runs a command in the project's folder as the owner of that folder. The compose file's `${HOME}` means the owner's home,
 * and the owner can reach the engine. Root would read another home, and would run what somebody else may write.
 */
async function runThere(
  { directory }: HostCompose,
  argv: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  waitSeconds = 0,
): Promise<ProcessEnd> {
  const { uid } = await stat(directory).catch(() => {
    throw new ExpectedError(
      `${directory}, the folder of the compose file, does not exist; check the driver's \`directory\`.`,
    );
  });
  const owner = await accountOf(uid);
  const home = owner?.home ?? process.env["HOME"] ?? "/";
  const names = owner === undefined ? {} : { USER: owner.name, LOGNAME: owner.name };
  const other = process.getuid?.() === 0 && uid !== 0 && owner !== undefined;
  const [program = "", ...args] = other ? ["runuser", "-u", owner.name, "--", ...argv] : argv;
  return runProcess(program, args, {
    env: { ...engineVariables(), HOME: home, ...names, LC_ALL: "C.UTF-8", ...variables },
    cwd: directory,
    deadlineMs: (OWN_SECONDS + waitSeconds) * 1000,
    maxOutputBytes: 16 * 1024 * 1024,
  });
}

function whyOf(end: ProcessEnd): string {
  const output = withoutSecrets(plainText(`${end.stdout}\n${end.stderr}`.trim().slice(-600), 600));
  return `it ${describeEnd(end)}: ${output}`;
}
