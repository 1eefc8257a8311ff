/** Runs an interactive login, and reads the credential that it wrote to its file or to the macOS keychain. */
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { describeEnd, endOf, start } from "../../../lib/process.ts";
import type { RotationPlan } from "../../../plan/model.ts";
import { recognise } from "../../../plan/rotation/find-token.ts";
import { claudeEnvironment } from "../claude-environment.ts";
import type { Say } from "../rotation.ts";
import { readRegularFile } from "../../../lib/regular-file.ts";

const MAX_BYTES = 1024 * 1024;
/** Reads of the keychain. Its entry is empty for about a second after a login. */
const ATTEMPTS = 5;
const BETWEEN_MS = 1000;

/** Reads the two places. Tests replace it. */
export interface LoginWorld {
  /** Returns the file's text and its mtime in milliseconds; undefined when there is no file. */
  file(): Promise<{ readonly text: string; readonly mtimeMs: number } | undefined>;
  /** Returns the keychain's value; undefined where there is no keychain, or no such item. */
  keychain(): Promise<string | undefined>;
  wait(milliseconds: number): Promise<void>;
}

/** Runs `claude auth login`, then reads what it wrote. @throws {ExpectedError} when it wrote no new login */
export async function readLogin(claude: string, place: RotationPlan["login"], say: Say): Promise<string> {
  const world = realWorld(place);
  const before = { atMs: Date.now(), keychain: await world.keychain() };
  say("a browser opens for the login");
  const end = await start(claude, ["auth", "login", "--claudeai"], {
    stdio: "inherit",
    env: claudeEnvironment(process.env),
  });
  if (end.exitCode !== 0) {
    throw new ExpectedError(`\`claude auth login\` ${describeEnd(endOf(end))}. Nothing was changed.`);
  }
  return freshLogin(world, before, place);
}

/** The state before the login. */
export interface BeforeLogin {
  readonly atMs: number;
  readonly keychain: string | undefined;
}

/**
 * Returns the login from the file if that was written since, else from the keychain if that has changed. On macOS the file is
 * written later than the keychain.
 * @throws {ExpectedError} when neither has a new login
 */
export async function freshLogin(
  world: LoginWorld,
  before: BeforeLogin,
  { file: name, keychain }: RotationPlan["login"],
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const file = await world.file();
    // A file system may keep whole seconds only.
    if (file !== undefined && file.mtimeMs >= Math.floor(before.atMs / 1000) * 1000 && isLogin(file.text)) {
      return file.text;
    }
    const text = await world.keychain();
    if (text !== undefined && text !== before.keychain && isLogin(text)) return text;
    if (attempt === ATTEMPTS) break;
    await world.wait(BETWEEN_MS);
  }
  throw new ExpectedError(
    `The login wrote neither ~/${name} nor the keychain's "${keychain}". Find where this CLI keeps its login, and name that place in \`rotation.login\`.`,
  );
}

function isLogin(text: string): boolean {
  return recognise(text).kind === "credentials";
}

function realWorld(place: RotationPlan["login"]): LoginWorld {
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

/** Reads a generic password of the macOS keychain by security(1); undefined where there is none. */
export async function readKeychain(program: string, service: string): Promise<string | undefined> {
  const { exitCode, stdout } = await start(program, ["find-generic-password", "-s", service, "-w"], {
    env: process.env,
  });
  // It fails where the program is missing (not macOS), the item is missing, or the person refused the access.
  return exitCode !== 0 || stdout.trim() === "" ? undefined : stdout;
}
