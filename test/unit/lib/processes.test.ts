/** Programs are limited in time and output, and a lock ends with its holder. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { eachLimited } from "../../../lib/each-limited.ts";
import { takeLock } from "../../../lib/file-lock.ts";
import { command, describeEnd, endOf, start } from "../../../lib/process.ts";
import { runProcess } from "../../../lib/run-process.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

const limits = { env: { PATH: process.env["PATH"] ?? "" }, deadlineMs: 10_000, maxOutputBytes: 1000 };
const shell = (script: string, more = {}) => runProcess("/bin/sh", ["-c", script], { ...limits, ...more });

test("a child gets both inputs and only the environment that it was given", async () => {
  const end = await shell("cat; cat <&3; echo $HOME$A >&2; exit 3", {
    env: { A: "b" },
    input: "one",
    extraInput: Buffer.from("two"),
  });
  expect(end).toEqual({
    code: 3,
    signal: null,
    stdout: "onetwo",
    stderr: "b\n",
    cut: undefined,
    notRun: undefined,
  });
});

test("a child that hangs is ended with its children at the deadline", async () => {
  const end = await shell("echo begun; sleep 60 & wait", { deadlineMs: 300 });
  expect(end).toMatchObject({ cut: "deadline", stdout: "begun\n" });
  expect(describeEnd(end)).toBe("did not end in time");
});

test("a child that says too much is ended", async () => {
  expect((await shell("yes")).cut).toBe("output");
});

test("a grandchild that keeps the pipes does not keep the caller", async () => {
  const before = Date.now();
  const end = await shell("setsid sleep 5 & echo done");
  expect(end).toMatchObject({ code: 0, stdout: "done\n" });
  expect(Date.now() - before).toBeLessThan(4000);
});

test("a program that may not be killed is reported as not ended, and does not keep the caller", async () => {
  const kill = process.kill.bind(process);
  const refused = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  onTestFinished(() => refused.mockRestore());
  const end = await shell("echo $$ >&2; exec sleep 60", { deadlineMs: 300 });
  expect(end).toMatchObject({ code: null, signal: null, cut: "deadline", notEnded: "EPERM" });
  expect(describeEnd(end)).toBe("did not end in time and could not be killed (EPERM)");
  const [[group] = []] = refused.mock.calls;
  expect(group).toBeLessThan(0);
  expect(kill(Number(group), "SIGKILL")).toBe(true);
});

test("a child that has ended before its deadline is not killed", async () => {
  const kill = vi.spyOn(process, "kill");
  onTestFinished(() => kill.mockRestore());
  expect(await shell("exit 0", { deadlineMs: 5000 })).toMatchObject({ code: 0 });
  expect(kill).not.toHaveBeenCalled();
});

test("a command that is missing is said so", async () => {
  const end = await runProcess("/proc/self/absent", [], limits);
  expect(describeEnd(end)).toBe("could not be started (ENOENT)");
});

test("a program that the system refuses to start has an end, and so has its output", async () => {
  const child = start("/bin/echo", ["x".repeat(3_000_000)], { env: {}, buffer: false });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  expect(lines).toEqual([]);
  expect(describeEnd(endOf(await child))).toBe("could not be started (E2BIG)");
});

test("an operator's command tells each line, and fails with its last ones", async () => {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  expect(await command("/bin/sh", ["-c", "cat; echo two >&2"], { input: "one\n", say })).toBe("one\n");
  expect(said.toSorted()).toEqual(["one", "two"]);
  await expect(command("/bin/sh", ["-c", "seq 20; exit 3"])).rejects.toThrow(
    /^\/bin\/sh -c seq 20; exit 3 ended with exit code 3:\n {2}13\n[^]*\n {2}20$/,
  );
  await expect(command("/proc/self/absent", [])).rejects.toThrow("could not be started (ENOENT).");
});

test("a lock excludes others until it is released", async () => {
  const path = join(await temporaryFolder(), "lock");
  const first = await takeLock(path, 0);
  expect(first).toBeDefined();
  expect(await takeLock(path, 0)).toBeUndefined();
  await first?.release();
  const second = await takeLock(path, 0);
  expect(second).toBeDefined();
  await second?.release();
});

test("a child of a lock's holder does not keep it", async () => {
  const path = join(await temporaryFolder(), "lock");
  const held = await takeLock(path, 0);
  // A child that lives on while the lock is released: it must not have inherited it.
  const child = runProcess("sleep", ["2"], limits);
  await held?.release();
  const next = await takeLock(path, 0);
  expect(next).toBeDefined();
  await next?.release();
  await child;
});

test("work is done in order, a few at a time", async () => {
  let running = 0;
  let most = 0;
  const results = await eachLimited([5, 1, 3, 2, 4], 2, async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, item));
    running--;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});
