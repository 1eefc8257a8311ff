/** Processes with a former token in their environment are found, named without the token, waited for or ended. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Session } from "../../../../host/session.ts";
import { staleProcesses } from "../../../../host/rollout/stale-processes.ts";
import { setupToken } from "../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import type { StaleQuestion } from "../../../../contract/rollout.ts";
import { sha256Of } from "../../../../lib/sha256.ts";

const own = process.getuid?.() ?? 0;
let serial = 0;

/** Creates a token host whose gate has passed two files, with tokens that no other test has. */
async function tokenHost() {
  const file = join(await temporaryFolder(), "auth.json");
  await mkdir(join(file, "../auth.d"), { mode: 0o700 });
  const name = `${process.pid}-${++serial}`;
  const store = async (which: string) => {
    const text = JSON.stringify({ claudeAiOauth: setupToken(`${which}-${name}`) });
    const sha256 = sha256Of(Buffer.from(text));
    await writeFile(join(file, `../auth.d/${sha256}.${own}.json`), text, { mode: 0o600 });
    return { text, sha256, token: `fake-access-${which}-${name}` };
  };
  const [current, former] = [await store("current"), await store("former")];
  await writeFile(file, current.text, { mode: 0o600 });
  return { file, current, former };
}

function question(
  { file, current }: Awaited<ReturnType<typeof tokenHost>>,
  changes: Partial<StaleQuestion> = {},
): StaleQuestion {
  const gate = {
    probe: "https",
    allowRefreshToken: false,
    apiUrl: "http://127.0.0.1:1",
    claude: undefined,
    model: "m",
  } as const;
  const token = { protocol: 1, fleet: "unittest", name: "platform", file, uids: [own], gate };
  return {
    token,
    sha256: current.sha256,
    containers: [],
    then: "list",
    waitSeconds: 1,
    gracePeriodSeconds: 1,
    ...changes,
  };
}

/** Starts a process with this environment. It ends on SIGTERM unless it is stubborn. */
async function started(env: Readonly<Record<string, string>>, stubborn = false): Promise<ChildProcess> {
  const script = `${stubborn ? "trap '' TERM; " : ""}echo up; while :; do sleep 0.05; done`;
  const child = spawn("/bin/sh", ["-c", script], { env: { PATH: "/usr/bin:/bin", ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise<string | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.signalCode);
    else child.once("exit", (_, signal) => resolve(signal));
  });

function listener() {
  const said: string[] = [];
  return {
    said,
    operator: { progress: (message: string) => void said.push(message) } as unknown as Session,
  };
}

describe("a process with a former token in its environment", () => {
  test("is listed with pid, name and variable, and without the token; other processes are not listed", async () => {
    const host = await tokenHost();
    const stale = await started({ CLAUDE_CODE_OAUTH_TOKEN: host.former.token });
    const key = await started({ ANTHROPIC_API_KEY: host.former.token });
    await started({ CLAUDE_CODE_OAUTH_TOKEN: host.current.token });
    await started({ SOMETHING_ELSE: host.former.token });
    const { said, operator } = listener();
    const result = await staleProcesses(question(host), operator);
    // The shell's own `sleep` has the same environment.
    expect(result.stale).toEqual(expect.arrayContaining([stale.pid, key.pid]));
    const line = said.find((text) => text.startsWith(`process ${stale.pid} `));
    expect(line).toMatch(
      new RegExp(
        `^process \\d+ \\(sh, uid ${own}, since \\d{4}-.*Z\\) has outlived the rollout with a former token in CLAUDE_CODE_OAUTH_TOKEN$`,
      ),
    );
    expect(said.join()).not.toContain(host.former.token);
    expect(stale.exitCode).toBeNull();
  });

  test("is ended where the settings say `stop`, a stubborn one after the grace period", async () => {
    const host = await tokenHost();
    const polite = await started({ CLAUDE_CODE_OAUTH_TOKEN: host.former.token });
    const stubborn = await started({ CLAUDE_CODE_OAUTH_TOKEN: host.former.token }, true);
    await staleProcesses(question(host, { then: "stop" }), listener().operator);
    expect(await ended(polite)).toBe("SIGTERM");
    expect(await ended(stubborn)).toBe("SIGKILL");
  });

  test("is waited for where the settings say `wait`", async () => {
    const host = await tokenHost();
    const stale = await started({ CLAUDE_CODE_OAUTH_TOKEN: host.former.token });
    const waiting = staleProcesses(question(host, { then: "wait", waitSeconds: 60 }), {
      progress: () => void stale.kill("SIGKILL"),
    } as unknown as Session);
    expect((await waiting).stale).toContain(stale.pid);
  });

  test("that is still there after the wait is named in an error", async () => {
    const host = await tokenHost();
    const stale = await started({ CLAUDE_CODE_OAUTH_TOKEN: host.former.token });
    await expect(
      staleProcesses(question(host, { then: "wait", waitSeconds: 0 }), listener().operator),
    ).rejects.toThrow(`process ${stale.pid} (sh`);
    expect(stale.exitCode).toBeNull();
  });

  test("is reported beside a token file that has changed during the rollout", async () => {
    const host = await tokenHost();
    const { said, operator } = listener();
    await writeFile(host.file, "newer");
    await staleProcesses(question(host), operator);
    expect(said).toEqual([
      `${host.file} has changed while ${host.current.sha256.slice(0, 12)} was rolled out; run \`pulumi up\` again`,
    ]);
  });

  test("is not searched for when there is no former file", async () => {
    const host = await tokenHost();
    const result = await staleProcesses(
      question({ ...host, file: join(await temporaryFolder(), "auth.json") }),
      listener().operator,
    );
    expect(result).toEqual({ stale: [], inside: [] });
  });
});
