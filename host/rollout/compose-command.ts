/** Runs compose on a token's host as the people there do: in its folder, as who owns that, by whichever compose there is. */
import { mkdir, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import * as z from "zod";
import { withoutSecrets } from "../../contract/agent-report.ts";
import { readRegularFile, writeFileAtomic } from "../../lib/atomic-file.ts";
import { ExpectedError, plainText } from "../../lib/expected-error.ts";
import { describeEnd, type ProcessEnd } from "../../lib/process.ts";
import { runProcess } from "../../lib/run-process.ts";
import { accountOf } from "../accounts.ts";
import type { HostCompose } from "../../contract/token-file.ts";
import { engineVariables } from "../docker.ts";

/** Seconds that compose itself may need, beside what it waits for. */
const OWN_SECONDS = 300;

/** Names of the services in the project's file, or why they are not known, as a clause. */
export async function composeServices(
  compose: HostCompose,
): Promise<{ readonly services: readonly string[] } | { readonly why: string }> {
  const words = await composeWords(compose);
  if (words === undefined) return { why: NO_COMPOSE };
  const end = await runThere(compose, [...words, ...projectWords(compose), "config", "--services"]);
  if (end.code !== 0) return { why: whyOf(end) };
  return { services: end.stdout.split("\n").filter((name) => name !== "") };
}

/**
 * Recreates one service and nothing else, with the mounts and labels of `override`.
 * @returns why that failed, as a clause
 */
export async function recreate(
  compose: HostCompose,
  service: string,
  override: string,
  gracePeriodSeconds: number,
): Promise<string | undefined> {
  const extra = {
    COMPOSE_FILE: [compose.file, override].join(delimiter),
    CLAUDE_FLEET_COMPOSE_OVERRIDE: override,
    CLAUDE_FLEET_SERVICE: service,
  };
  if (compose.recreate !== undefined) {
    const end = await runThere(compose, [...compose.recreate, service], extra, gracePeriodSeconds);
    return end.code === 0 ? undefined : whyOf(end);
  }
  const words = await composeWords(compose);
  if (words === undefined) return NO_COMPOSE;
  const project = [...projectWords(compose), "--file", override];
  const up = ["up", "--detach", "--no-deps", "--force-recreate", "--timeout", String(gracePeriodSeconds)];
  const end = await runThere(compose, [...words, ...project, ...up, service], extra, gracePeriodSeconds);
  return end.code === 0 ? undefined : whyOf(end);
}

const NO_COMPOSE =
  "neither `docker compose` nor `docker-compose` is there; install one, or name a command by the driver's `recreate`";

function projectWords({ file, directory }: HostCompose): readonly string[] {
  return ["--project-directory", directory, "--file", file];
}

/** The plugin, or the command of its own that older systems have; undefined where neither answers. */
async function composeWords(compose: HostCompose): Promise<readonly string[] | undefined> {
  for (const words of [["docker", "compose"], ["docker-compose"]]) {
    if ((await runThere(compose, [...words, "version"])).code === 0) return words;
  }
  return undefined;
}

/**
 * As the folder's owner, whose home the file's `${HOME}` means, and who can reach the engine; root would read another
 * home and run what somebody else may write.
 */
async function runThere(
  { directory }: HostCompose,
  argv: readonly string[],
  extra: Readonly<Record<string, string>> = {},
  waitSeconds = 0,
): Promise<ProcessEnd> {
  const { uid } = await stat(directory).catch(() => {
    throw new ExpectedError(
      `${directory}, the folder of the compose file, is not there; check the driver's \`directory\`.`,
    );
  });
  const owner = await accountOf(uid);
  const home = owner?.home ?? process.env["HOME"] ?? "/";
  const names = owner === undefined ? {} : { USER: owner.name, LOGNAME: owner.name };
  const other = process.getuid?.() === 0 && uid !== 0 && owner !== undefined;
  const [program = "", ...args] = other ? ["runuser", "-u", owner.name, "--", ...argv] : argv;
  return runProcess(program, args, {
    env: { ...engineVariables(), HOME: home, ...names, LC_ALL: "C.UTF-8", ...extra },
    cwd: directory,
    deadlineMs: (OWN_SECONDS + waitSeconds) * 1000,
    maxOutputBytes: 16 * 1024 * 1024,
  });
}

function whyOf(end: ProcessEnd): string {
  const said = withoutSecrets(plainText(`${end.stdout}\n${end.stderr}`.trim().slice(-600), 600));
  return `it ${describeEnd(end)}: ${said}`;
}

const bind = z.object({
  type: z.literal("bind"),
  source: z.string(),
  target: z.string(),
  read_only: z.literal(true),
});
const overrideFile = z.object({
  services: z.record(
    z.string(),
    z.object({ labels: z.record(z.string(), z.string()), volumes: z.array(bind) }),
  ),
});

/** What a service has beyond its compose file. */
export interface ServiceOverride {
  readonly service: string;
  readonly source: string;
  readonly target: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Where the second compose file of a token lies, without secrets: readable by everybody where root writes it, so that
 * people's own `docker compose up` can name it too; otherwise beside the copies.
 */
export function overridePath(fleet: string, token: string, copies: string): string {
  if (process.getuid?.() !== 0) return join(copies, "compose.yml");
  return `/var/lib/claude-fleet/compose/${fleet}-${token}.yml`;
}

/** Sets one service in that file, and keeps the others; JSON is YAML, which compose reads. */
export async function writeOverride(path: string, entry: ServiceOverride): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const reading = await readRegularFile(path, 1024 * 1024);
  const former = reading.kind === "file" ? parseOverride(reading.content.toString("utf8")) : { services: {} };
  const volume = { type: "bind", source: entry.source, target: entry.target, read_only: true };
  const services = { ...former.services, [entry.service]: { labels: entry.labels, volumes: [volume] } };
  await writeFileAtomic(path, `${JSON.stringify({ services }, undefined, 2)}\n`, { mode: 0o644 });
}

/** What cannot be read is written anew: only the service at hand is needed from it. */
function parseOverride(text: string): z.infer<typeof overrideFile> {
  try {
    return overrideFile.parse(JSON.parse(text));
  } catch {
    return { services: {} };
  }
}
