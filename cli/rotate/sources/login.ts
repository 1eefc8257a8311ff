/** Guides an interactive login, and takes the credential that it wrote: from its file, or from the macOS keychain. */
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readRegularFile } from "../../../lib/atomic-file.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { describeEnd, endOf, start } from "../../../lib/process.ts";
import type { LoginPlacePlan } from "../../../plan/rotation-model.ts";
import { recognise } from "../../../plan/rotation/find-token.ts";
import { claudeEnvironment } from "../claude-environment.ts";
import type { Say } from "../rotation.ts";

const MAX_BYTES = 1024 * 1024;
/** Right after a login the keychain's entry is an empty husk for about a second. */
const ATTEMPTS = 5;
const BETWEEN_MS = 1000;

/** A credential and where it was found. */
export interface FoundLogin {
  readonly text: string;
  readonly place: "file" | "keychain";
}

/** How the two places are looked at; tests bring their own. */
export interface LoginWorld {
  /** The file's text and its mtime in milliseconds; undefined when there is none. */
  file(): Promise<{ readonly text: string; readonly mtimeMs: number } | undefined>;
  /** The keychain's value; undefined where there is no keychain, or no such item. */
  keychain(): Promise<string | undefined>;
  wait(milliseconds: number): Promise<void>;
}

/** Runs `claude auth login`, then reads what it left. @throws {ExpectedError} when it left nothing fresh */
export async function readLogin(claude: string, place: LoginPlacePlan, say: Say): Promise<string> {
  const world = realWorld(place);
  const before = { atMs: Date.now(), keychain: await world.keychain() };
  say("a browser opens for the login");
  const end = await start(claude, ["auth", "login", "--claudeai"], {
    stdio: "inherit",
    env: claudeEnvironment(process.env),
  });
  if (end.exitCode !== 0) {
    throw new ExpectedError(`\`claude auth login\` ${describeEnd(endOf(end))}; nothing was changed.`);
  }
  return (await freshLogin(world, before, place)).text;
}

/** What was there before the login. */
export interface BeforeLogin {
  readonly atMs: number;
  readonly keychain: string | undefined;
}

/**
 * The file, where it was written since then; else the keychain, where that has changed: on macOS the file lags behind it.
 * @throws {ExpectedError} when neither has a login that is fresh
 */
export async function freshLogin(
  world: LoginWorld,
  before: BeforeLogin,
  { file: name, keychain }: LoginPlacePlan,
): Promise<FoundLogin> {
  for (let attempt = 1; ; attempt++) {
    const file = await world.file();
    // File systems may keep whole seconds only.
    if (file !== undefined && file.mtimeMs >= Math.floor(before.atMs / 1000) * 1000 && isLogin(file.text)) {
      return { text: file.text, place: "file" };
    }
    const text = await world.keychain();
    if (text !== undefined && text !== before.keychain && isLogin(text)) return { text, place: "keychain" };
    if (attempt === ATTEMPTS) break;
    await world.wait(BETWEEN_MS);
  }
  throw new ExpectedError(
    `The login wrote neither ~/${name} nor the keychain's "${keychain}"; look where this CLI keeps it, and name that in \`rotation.login\`.`,
  );
}

function isLogin(text: string): boolean {
  return recognise(text).kind === "credentials";
}

function realWorld(place: LoginPlacePlan): LoginWorld {
  return {
    file: async () => {
      const reading = await readRegularFile(path.join(homedir(), place.file), MAX_BYTES);
      if (reading.kind !== "file") return undefined;
      return { text: reading.content.toString("utf8"), mtimeMs: reading.stat.mtimeMs };
    },
    keychain: () => readKeychain("security", place.keychain),
    wait: async (milliseconds) => void (await sleep(milliseconds)),
  };
}

/** A generic password of the macOS keychain, as security(1) prints it; undefined where there is none. */
export async function readKeychain(program: string, service: string): Promise<string | undefined> {
  const { exitCode, stdout } = await start(program, ["find-generic-password", "-s", service, "-w"], {
    env: process.env,
  });
  // No such program (not macOS), no such item, or a person who refused the access: there is nothing to read.
  return exitCode !== 0 || stdout.trim() === "" ? undefined : stdout;
}
