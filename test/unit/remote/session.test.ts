/** Tests conversations with a host by the real shell, bootstrap and loader on this machine. */
import { describe, expect, it } from "vitest";
import { hostProgram } from "../../../lib/program-digest.ts";
import { converse, type HostProgram, type SessionOptions } from "../../../remote/session.ts";
import type { HostRequest } from "../../../contract/actions.ts";

/** A stand-in for the host program: reads the request line, then runs `body` with `say`, `ask` and `request`. */
function hostProgramOf(body: string): HostProgram {
  const source = Buffer.from(
    `const lines = require("node:readline").createInterface({ input: process.stdin })[Symbol.asyncIterator]();
     const say = (event) => process.stdout.write(JSON.stringify(event) + "\\n");
     const ask = async (event) => { say(event); return JSON.parse((await lines.next()).value); };
     (async () => { const request = JSON.parse((await lines.next()).value); ${body} process.stdin.destroy(); })();`,
  );
  return { ...hostProgram("0.0.0", source), source };
}

const request = { action: "observe-token" } as unknown as HostRequest;
const here: SessionOptions["connection"] = {
  address: { kind: "local", become: [] },
  ssh: { configFile: undefined },
};

const talk = (body: string, options: Partial<SessionOptions> = {}) =>
  converse({ connection: here, program: hostProgramOf(body), request, deadlineSeconds: 20, ...options });

describe("a conversation", () => {
  it("streams the program, sends the request and returns the result", async () => {
    expect(
      await talk(`say({ event: "result", result: { asked: request.action, argv: process.argv.slice(2) } });`),
    ).toEqual({
      kind: "done",
      result: { asked: "observe-token", argv: ["serve"] },
    });
  });

  it("returns the problems, and what was done nevertheless", async () => {
    const outcome = await talk(`say({ event: "failed", problems: ["no room"], result: { done: 1 } });`);
    expect(outcome).toEqual({ kind: "failed", problems: ["this machine: no room"], result: { done: 1 } });
  });

  it("answers need-token over standard input", async () => {
    const outcome = await talk(
      `const answer = await ask({ event: "need-token", user: "alice" }); say({ event: "result", result: answer });`,
      { answer: ({ user }) => Promise.resolve({ user, wrappedToken: "w", wrappedAccessor: "a" }) },
    );
    expect(outcome).toEqual({
      kind: "done",
      result: { user: "alice", wrappedToken: "w", wrappedAccessor: "a" },
    });
  });

  it("mints no token where the action may not ask for one", async () => {
    const outcome = await talk(
      `const answer = await ask({ event: "need-token", user: "alice" }); say({ event: "result", result: answer });`,
    );
    expect(outcome).toEqual({ kind: "done", result: { user: "alice", error: "not allowed here" } });
  });

  it("hears progress and revocations in order", async () => {
    const heard: string[] = [];
    await talk(
      `say({ event: "progress", message: "one" }); say({ event: "revoke", user: "bob", accessor: "x", why: "retired" }); say({ event: "result", result: null });`,
      { hear: (event) => void heard.push(event.event) },
    );
    expect(heard).toEqual(["progress", "revoke"]);
  });

  it("runs nothing of a program that arrives damaged", async () => {
    const program = hostProgramOf(`say({ event: "result", result: "ran" });`);
    const damaged = { ...program, sha256: "0".repeat(64) };
    const outcome = await talk("", { program: damaged });
    expect(outcome).toMatchObject({ kind: "unreachable", begun: true });
  });

  const HOLDS = `require("node:child_process").spawn("sleep", ["60"], { stdio: "inherit", detached: true }).unref();`;

  it("has its result although the program leaves a process behind that holds its pipes", async () => {
    const begun = Date.now();
    const outcome = await talk(`${HOLDS} say({ event: "result", result: 1 });`);
    expect(outcome).toEqual({ kind: "done", result: 1 });
    expect(Date.now() - begun).toBeLessThan(15_000);
  }, 30_000);

  it("ends soon after its deadline although the program ignores it", async () => {
    const begun = Date.now();
    const outcome = await talk(`process.on("SIGTERM", () => {}); ${HOLDS} setInterval(() => {}, 1000);`, {
      deadlineSeconds: 2,
    });
    const reason = expect.stringContaining("no answer within 2 s") as string;
    expect(outcome).toMatchObject({ kind: "unreachable", reason, begun: true });
    expect(Date.now() - begun).toBeLessThan(20_000);
  }, 30_000);

  it("ends at a line that is no event", async () => {
    const outcome = await talk(`process.stdout.write("hello\\n"); setTimeout(() => {}, 60000);`);
    expect(outcome).toMatchObject({
      kind: "unreachable",
      reason: expect.stringContaining("could not be read"),
    });
  });

  it("ends when a host sends too much", async () => {
    const outcome = await talk(
      `const flood = () => process.stdout.write("x".repeat(65536), flood); flood();`,
    );
    expect(outcome).toMatchObject({ kind: "unreachable", reason: expect.stringContaining("16 MiB") });
  });

  it("gives up at the deadline", async () => {
    const outcome = await talk(`setTimeout(() => {}, 60000);`, { deadlineSeconds: 1 });
    expect(outcome).toMatchObject({ kind: "unreachable", reason: expect.stringContaining("within 1 s") });
  });

  it("says which command could not be started", async () => {
    const connection = { ...here, address: { kind: "local" as const, become: ["no-such-command"] } };
    const outcome = await talk("", { connection });
    expect(outcome).toMatchObject({ kind: "unreachable", begun: false });
    expect(outcome).toMatchObject({ reason: expect.stringContaining("no-such-command") });
  });

  it("keeps Vault's and Pulumi's variables from the host's shell", async () => {
    process.env["VAULT_TOKEN"] = "obviously-fake";
    process.env["PULUMI_CONFIG_PASSPHRASE"] = "obviously-fake";
    try {
      const outcome = await talk(
        `say({ event: "result", result: Object.keys(process.env).filter((name) => /^(?:VAULT|PULUMI)_/.test(name)) });`,
      );
      expect(outcome).toEqual({ kind: "done", result: [] });
    } finally {
      delete process.env["VAULT_TOKEN"];
      delete process.env["PULUMI_CONFIG_PASSPHRASE"];
    }
  });
});
