// Running one command: what reaches the display, and a line that the official plugin could not read.
import { describe, expect, it } from "vitest";
import { requestOf } from "../../../../../dev/stand-ins/pulumi-plugins/command/command.ts";
import { run } from "../../../../../dev/stand-ins/pulumi-plugins/command/run.ts";
import type { RunRequest } from "../../../../../dev/stand-ins/pulumi-plugins/command/run.ts";

const LIMIT = 64 * 1024;

/** Prints a line of so many bytes, then another one. */
const printing = (bytes: number) =>
  `process.stdout.write("x".repeat(${String(bytes)}) + "\\nnext\\n"); process.stderr.write("problem\\n")`;

async function runNode(script: string, logging: RunRequest["logging"]) {
  const shown: string[] = [];
  const operation = {
    name: "test",
    log: (_severity: string, message: string) => shown.push(message),
    signal: new AbortController().signal,
  };
  const result = await run(operation, {
    command: script,
    interpreter: [process.execPath, "-e"],
    environment: {},
    logging,
  });
  return { ...result, shown };
}

describe("a command's output", () => {
  it("is shown line by line, as far as logging says", async () => {
    const { shown, stdout, stderr } = await runNode(printing(3), "stderr");
    expect(shown).toEqual(["problem"]);
    expect(stdout).toBe("xxx\nnext");
    expect(stderr).toBe("problem");
  });

  it("may have lines of nearly 64 KiB", async () => {
    const { shown } = await runNode(printing(LIMIT - 1), "stdout");
    expect(shown.map((line) => line.length)).toEqual([LIMIT - 1, 4]);
  });

  it("is an error with a longer one, with which the official plugin would never end", async () => {
    await expect(runNode(printing(LIMIT), "stdoutAndStderr")).rejects.toThrow(
      /gave a line of 64 KiB: .*Break the line, or set logging/,
    );
  });

  it("may have any line where it is not shown", async () => {
    const { stdout } = await runNode(printing(LIMIT), "stderr");
    expect(stdout).toHaveLength(LIMIT + 5);
  });
});

describe("logging", () => {
  it.each([
    [undefined, "stdoutAndStderr"],
    ["stderr", "stderr"],
    ["none", "none"],
    ["loud", "none"],
  ])("%j shows %s", (given, shown) => {
    const inputs = given === undefined ? {} : { logging: given };
    expect(requestOf("true", inputs, { stdout: "", stderr: "" }).logging).toBe(shown);
  });
});
