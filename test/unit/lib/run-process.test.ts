/** A program is limited in time and output. Nothing that it does keeps its caller, or makes an exception. */
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { describeEnd } from "../../../lib/process.ts";
import { runProcess } from "../../../lib/run-process.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const LIB = `${ROOT}lib`;
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
  expect(end).toMatchObject({ cut: { by: "deadline" }, signal: "SIGKILL", stdout: "begun\n" });
  expect(describeEnd(end)).toBe("did not end within 0.3 s");
});

test.each([
  ["floods its output", "yes"],
  ["floods its standard error", "yes >&2"],
  ["ignores signals while it floods its output", "trap '' TERM HUP INT PIPE; yes; sleep 60"],
])("a child that %s is ended, and the output is kept up to the limit", async (_, script) => {
  const end = await shell(script);
  expect(describeEnd(end)).toBe("printed more than 1000 bytes");
  expect(end.stdout.length + end.stderr.length).toBeLessThan(1100);
});

/** More than fits into a pipe. */
const MUCH = Buffer.alloc(3_000_000, 120);

test.each([
  ["stops itself", "kill -STOP $$", { by: "deadline" }, null],
  ["never ends and ignores signals", "trap '' TERM HUP INT; sleep 60", { by: "deadline" }, null],
  ["leaves processes behind", "sleep 60 & sleep 60 & exit 0", undefined, 0],
  ["closes its inputs early", "exec 0<&- 3<&-; sleep 0.2", undefined, 0],
  ["ends at once", "exit 7", undefined, 7],
  ["is ended by a signal", "kill -SEGV $$", undefined, null],
])("a child that %s has an end, however much it was sent", async (_, script, cut, code) => {
  const end = await shell(script, { input: MUCH, extraInput: MUCH, deadlineMs: 1000 });
  expect(end.code).toBe(code);
  if (cut !== undefined) expect(end.cut).toMatchObject(cut);
  expect(end.notEnded).toBeUndefined();
});

test("a grandchild that keeps all pipes does not keep the caller", async () => {
  const before = Date.now();
  const end = await shell("setsid sleep 5 & echo done", { input: MUCH, extraInput: MUCH });
  expect(end).toMatchObject({ code: 0, stdout: "done\n", cut: undefined });
  expect(Date.now() - before).toBeLessThan(4000);
});

test("a child's lines are heard instead of kept", async () => {
  const heard: string[] = [];
  const end = await shell("echo one; echo two >&2; sleep 0.1; printf three", {
    hear: (line: string) => void heard.push(line),
  });
  expect(heard.toSorted()).toEqual(["one", "three", "two"]);
  expect(end).toMatchObject({ code: 0, stdout: "", stderr: "" });
});

test("a program that may not be killed is reported as not ended, and does not keep the caller", async () => {
  const kill = process.kill.bind(process);
  const refused = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  onTestFinished(() => refused.mockRestore());
  const end = await shell("echo $$ >&2; exec sleep 60", { deadlineMs: 300 });
  expect(end).toMatchObject({ code: null, signal: null, notEnded: "EPERM" });
  expect(describeEnd(end)).toBe("did not end within 0.3 s and could not be killed (EPERM)");
  const [[group] = []] = refused.mock.calls;
  expect(group).toBeLessThan(0);
  expect(kill(Number(group), "SIGKILL")).toBe(true);
}, 20_000);

test.runIf(process.getuid?.() === 0)(
  "root without CAP_KILL ends another user's stopped process, and then ends itself",
  async () => {
    const program = `
      import { describeEnd } from "${LIB}/process.ts";
      import { runProcess } from "${LIB}/run-process.ts";
      const ids = { uid: 65534, gid: 65534 };
      const input = "x".repeat(3_000_000);
      const limits = { env: { PATH: "/usr/bin:/bin" }, deadlineMs: 500, maxOutputBytes: 1000, input, ...ids };
      const end = await runProcess("/bin/sh", ["-c", "kill -STOP $$"], limits);
      console.log(end.signal, describeEnd(end));`;
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "--eval", program];
    const end = await runProcess("setpriv", ["--bounding-set=-kill", "--inh-caps=-kill", ...node], {
      ...limits,
      cwd: ROOT,
      deadlineMs: 30_000,
    });
    expect(end).toMatchObject({ code: 0, stdout: "SIGKILL did not end within 0.5 s\n" });
  },
  40_000,
);

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
