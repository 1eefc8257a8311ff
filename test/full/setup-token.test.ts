// What the real CLI's `claude setup-token` draws into terminals of different widths, and the token that is found in it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { scriptCommand } from "../../cli/rotate/sources/setup-token.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { findToken, lifetimeIn } from "../../plan/rotation/find-token.ts";
import { printed } from "../support/environment/run.ts";

/** Has an account on the workstation, and is in no roster: nothing of theirs runs. */
const USER = "john.doe";
const CLAUDE = "/usr/local/bin/claude";
const EMAIL = "platform@example.com";
const DEADLINE_MS = 120_000;

describe("claude setup-token", () => {
  let environment: DevEnvironment;
  beforeAll(async () => {
    environment = await devEnvironment();
  });

  it.each([80, 300, 320])("gives its token at %i columns", async (columns) => {
    const recording = `/home/${USER}/setup-token-${columns}`;
    await makeToken(columns, recording);
    const text = await inside("cat", recording);
    await inside("rm", recording);
    const found = findToken(text);
    expect(found.kind).toBe("token");
    const sha256 = createHash("sha256")
      .update(found.kind === "token" ? found.token : "")
      .digest("hex");
    const issued = await environment.anthropic.tokens();
    expect(issued.find((entry) => entry.sha256 === sha256)).toMatchObject({
      kind: "setup",
      email: EMAIL,
      state: "live",
    });
    expect(lifetimeIn(text)).toBe(365 * 86_400_000);
  });

  function inside(...words: readonly string[]): Promise<string> {
    const env = { ...process.env, ...environment.variables };
    return printed("docker", ["exec", "-u", USER, environment.workstationContainer, ...words], { env });
  }

  /** Signs in as a person does: waits until the code is asked for, and pastes what the browser shows. */
  async function makeToken(columns: number, recording: string): Promise<void> {
    const code = await environment.anthropic.loginCode(EMAIL);
    const variables = ["-e", `HOME=/home/${USER}`, "-e", "BROWSER=true", "-e", "TERM=xterm-256color"];
    const command = scriptCommand("linux", CLAUDE, recording, columns);
    const child = spawn(
      "docker",
      ["exec", "-i", "-u", USER, ...variables, environment.workstationContainer, ...command],
      { env: { ...process.env, ...environment.variables }, stdio: ["pipe", "pipe", "inherit"] },
    );
    let drawn = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (drawn += chunk));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    for (let waited = 0; !/paste/i.test(drawn) && waited < DEADLINE_MS; waited += 100) await sleep(100);
    // The field takes what is typed once it is drawn; a return in the same breath would be part of the paste.
    await sleep(1000);
    child.stdin.write(code);
    await sleep(1000);
    child.stdin.write("\r");
    const exit = await ended;
    if (exit !== 0) throw new Error(`claude setup-token ended with ${exit}:\n${drawn}`);
  }
});
