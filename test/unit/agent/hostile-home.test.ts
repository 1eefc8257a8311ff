/** Whatever lies in the place of a file in the home, a run ends soon and says one clear thing, and proves what it can. */
import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, open, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { AgentConfig } from "../../../agent/config.ts";
import { HomeDeadline } from "../../../lib/home-deadline.ts";
import { realFiles } from "../../../agent/real-files.ts";
import { credentialsPath } from "../../../claude/credentials.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { agentStatus } from "../../../contract/agent-status.ts";
import { readTextFile } from "../../../lib/regular-file.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";
import { login } from "../../support/fakes/login.ts";
import {
  DATA,
  installClaude,
  PROFILE,
  PROVEN,
  realHome,
  runOnce,
  signIn,
} from "../../support/fakes/real-home.ts";

const run = promisify(execFile);
let vault: FakeVault;
let home: string;
let config: AgentConfig;

beforeEach(async () => {
  vault = await new FakeVault().start();
  ({ home, config } = await realHome(vault));
  await signIn(home, login("a"));
  await mkdir(userPlaces(home).state, { recursive: true });
});
afterEach(() => vault.close());

/** What may lie in a file's place, and how a sentence names it. */
const THINGS: Readonly<Record<string, readonly [says: string, put: (path: string) => Promise<unknown>]>> = {
  "a named pipe": ["is a named pipe, not a regular file", (path) => run("mkfifo", [path])],
  "a socket": ["is a socket, or a device without a driver, not a regular file", listen],
  "a folder": ["is a folder, not a regular file", (path) => mkdir(join(path, "below"), { recursive: true })],
  "a link to /dev/zero": ["is a symbolic link, not a regular file", (path) => symlink("/dev/zero", path)],
  "a dangling link": ["is a symbolic link, not a regular file", (path) => symlink("/nonexistent/x", path)],
};

async function listen(path: string): Promise<void> {
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
}

async function put(path: string, thing: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await THINGS[thing]?.[1](path);
}

const things = Object.keys(THINGS);
const status = async () =>
  agentStatus.parse(JSON.parse((await readTextFile(userPlaces(home).status, 1e5)) ?? ""));

test.each(things)(
  "%s in the place of sync.log is a warning, and the login is proven and backed up",
  async (thing) => {
    const { log } = userPlaces(home);
    await put(log, thing);
    const report = await runOnce(config);
    expect(report).toMatchObject({ word: "WARN", reason: "proven", backup: "written", exitCode: 0 });
    expect(report.why).toBe(
      `${log} ${THINGS[thing]?.[0]}. The line is in the journal alone. Remove what lies there; the next run creates the file again.`,
    );
    expect(await status()).toMatchObject({ word: "WARN", class: "ok" });
    await rm(log, { recursive: true });
    expect(await runOnce(config)).toMatchObject({ word: "OK", backup: "unchanged" });
    expect(await readTextFile(log, 1e5)).toContain("OK user=alice");
  },
);

test("a sync.log of 50 MB begins again", async () => {
  const { log } = userPlaces(home);
  await writeFile(log, "");
  await truncate(log, 50_000_000);
  expect(await runOnce(config)).toMatchObject({ word: "OK", backup: "written" });
  expect((await lstat(log)).size).toBeLessThan(1000);
});

const OWN = ["agentState", "status", "pending", "again", "probe", "identity", "scratch", "corrupt"] as const;

describe.each(OWN)("in the place of the agent's own %s", (name) => {
  test.each(things)("%s is replaced, and the login is proven and backed up", async (thing) => {
    const path = userPlaces(home)[name];
    await put(path, thing);
    expect(await runOnce(config)).toMatchObject({ word: "OK", reason: "proven", backup: "written" });
    expect(await status()).toMatchObject({ word: "OK" });
    if (name === "agentState" || name === "status") expect((await lstat(path)).isFile()).toBe(true);
  });
});

test("an agent state of 50 MB is replaced", async () => {
  const { agentState } = userPlaces(home);
  await writeFile(agentState, "{}");
  await truncate(agentState, 50_000_000);
  expect(await runOnce(config)).toMatchObject({ word: "OK", backup: "written" });
});

test.each(things)("%s in the place of the Vault token fails the backup alone", async (thing) => {
  const { token } = userPlaces(home);
  await put(token, thing);
  const report = await runOnce(config);
  expect(report).toMatchObject({
    word: "FAIL",
    class: "ok",
    reason: "refused",
    backup: "refused",
    exitCode: 20,
  });
  expect(report.why).toContain(`${token} ${THINGS[thing]?.[0]}. An operator runs \`pulumi up\``);
});

test.each(things.filter((thing) => thing !== "a dangling link"))(
  "%s in the place of the credentials file is named, and nothing is asked or stored",
  async (thing) => {
    await put(credentialsPath(home), thing);
    const report = await runOnce(config);
    expect(report).toMatchObject({ word: "FAIL", reason: "unreadable", exitCode: 17 });
    const says = thing.startsWith("a link")
      ? "is a link that does not lead to the user's own file"
      : THINGS[thing]?.[0];
    expect(report.why).toContain(`The credentials file cannot be read: it ${says}`);
    expect(vault.entries.get(DATA)).toBeUndefined();
  },
);

test("a folder with very many entries, and unreadable folders, do not keep a run", async () => {
  const folder = join(home, ".config/environment.d");
  await run("sh", ["-c", 'mkdir -p "$1" && cd "$1" && seq 20000 | xargs touch', "sh", folder]);
  await mkdir(join(home, ".claude/closed"), { mode: 0 });
  expect(await runOnce(config)).toMatchObject({ word: "OK", backup: "written" });
  await chmod(join(home, ".claude/closed"), 0o700);
}, 30_000);

describe("what the CLI leaves behind", () => {
  test.each([
    ["a child", "sleep 60 &"],
    ["a child with a session of its own", "setsid sleep 60 &"],
    ["a child that ignores signals", "(trap '' TERM HUP INT; exec sleep 60) &"],
  ])(
    "%s delays neither this run nor the next one, and is named",
    async (_, leave) => {
      await installClaude(home, `${PROFILE}\n${leave}\n${PROVEN}`);
      const first = await runOnce(config);
      const pids =
        /`ps -fp ([\d,]+)`/
          .exec(first.why ?? "")?.[1]
          ?.split(",")
          .map(Number) ?? [];
      expect(first).toMatchObject({ word: "OK", reason: "proven", backup: "written" });
      expect(first.why).toContain("The CLI has ended and left processes behind: `ps -fp ");
      await installClaude(home, `${PROFILE}\n${PROVEN}`);
      expect(await runOnce(config)).toMatchObject({ word: "OK", reason: "proven" });
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await expect.poll(async () => (await runOnce(config)).why, { timeout: 10_000 }).toBeUndefined();
    },
    30_000,
  );
});

test("a home that does not answer fails each step in time, and every later step at once", async () => {
  const pipe = join(home, "pipe");
  await run("mkfifo", [pipe]);
  const deadline = new HomeDeadline(200);
  const dead = deadline.files({ ...realFiles, list: (path) => open(path, "r").then(() => []) });
  await expect(dead.list(pipe)).rejects.toThrow(`${pipe} did not answer within 0.2 s`);
  await expect(dead.append(userPlaces(home).log, "x")).rejects.toMatchObject({ code: "ETIMEDOUT" });
  await (await open(pipe, "r+")).close();
});
