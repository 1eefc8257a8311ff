/** What arrives at the host program and what users' processes say is believed only by its shape. */
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseAccounts } from "../../../host/accounts.ts";
import { parseRequest } from "../../../contract/parse-messages.ts";
import { StreamSession } from "../../../host/session.ts";
import { parseUnitStates } from "../../../host/systemd.ts";
import { readAnswer } from "../../../host/user-process.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { fakePlan } from "../../support/fakes/fake-host.ts";
import type { FakeVault } from "../../support/fakes/fake-vault.ts";

const plan = fakePlan({ address: "https://vault" } as FakeVault, ["alice", "john.doe"]);

describe("a request", () => {
  test("of this version is read back as it was sent", () => {
    const request = { action: "apply", plan, maxChanges: 25 } as const;
    expect(parseRequest(JSON.stringify(request))).toEqual(request);
  });

  test("of a version before tokens were bound or rotated is taken to want neither", () => {
    const { tokenBoundCidrs, rotateTokensAfterSeconds, ...vault } = plan.vault;
    expect([tokenBoundCidrs, rotateTokensAfterSeconds]).toEqual([[], undefined]);
    const request = { action: "apply", plan: { ...plan, vault }, maxChanges: 25 };
    expect(parseRequest(JSON.stringify(request))).toEqual({ ...request, plan });
  });

  test("to remove a fleet takes the standard input of the apply before it", () => {
    const parsed = parseRequest(JSON.stringify({ action: "remove", plan, maxChanges: 25 }));
    expect(parsed).toEqual({ action: "remove", plan, maxChanges: 25 });
  });

  test.each(["retire", "apply"])("to %s must say how many changes are allowed", (action) => {
    expect(() => parseRequest(JSON.stringify({ action, plan }))).toThrow("maxChanges");
  });

  test.each([
    ["no JSON", "{", "is not JSON"],
    ["an unknown action", JSON.stringify({ action: "format-disk", plan }), "action"],
    ["an unknown key", JSON.stringify({ action: "apply", plan: { ...plan, extra: 1 } }), "extra"],
    [
      "another protocol",
      JSON.stringify({ action: "apply", plan: { ...plan, protocol: 99 } }),
      "plan.protocol",
    ],
    [
      "a fleet that is a path",
      JSON.stringify({ action: "apply", plan: { ...plan, fleet: "../x" } }),
      "plan.fleet",
    ],
    ...["../x", "-rf", "a b", "root;id", "__proto__", ".ssh", ""].map((name): [string, string, string] => [
      `the user name ${JSON.stringify(name)}`,
      JSON.stringify({ action: "apply", plan: { ...plan, users: [{ ...plan.users[0], name }] } }),
      "plan.users.0.name",
    ]),
    ...["etc/x", "/etc/../root/x", "/etc//x"].map((path): [string, string, string] => [
      `the path ${path}`,
      JSON.stringify({ action: "apply", plan: { ...plan, files: [{ path, mode: "0644", content: "" }] } }),
      "plan.files.0.path",
    ]),
    ["a mode with set-uid", withFile({ mode: "4755" }), "plan.files.0.mode"],
  ])("with %s is refused by name", (_, line, words) => {
    let found: unknown;
    try {
      parseRequest(line);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(ExpectedError);
    expect((found as ExpectedError).message).toContain(words);
  });

  function withFile(change: object): string {
    const file = { path: "/etc/x", mode: "0644", content: "", ...change };
    return JSON.stringify({ action: "apply", plan: { ...plan, files: [file] } });
  }
});

describe("the session", () => {
  function open() {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const session = new StreamSession(input, output);
    const events: string[] = [];
    output.on("data", (chunk: Buffer) => events.push(...chunk.toString("utf8").trim().split("\n")));
    return { session, input, events };
  }

  test("asks for one token at a time and takes only the answer for that user", async () => {
    const { session, input, events } = open();
    input.write("request\n");
    expect(await session.request()).toBe("request");
    const [alice, bob] = [session.needToken("alice"), session.needToken("bob")];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toEqual(['{"event":"need-token","user":"alice"}']);
    const answer = { user: "alice", wrappedToken: "fake-wrap", wrappedAccessor: "a" };
    input.write(`${JSON.stringify(answer)}\n`);
    expect(await alice).toEqual(answer);
    input.write(`${JSON.stringify(answer)}\n`);
    expect(await bob).toEqual({ user: "bob", error: "the operator answered for another user" });
  });

  test("an operator who has gone or speaks nonsense is an error, not a wait", async () => {
    const { session, input } = open();
    input.write("nonsense\n");
    expect(await session.needToken("alice")).toMatchObject({
      error: expect.stringContaining("shape") as string,
    });
    input.end();
    expect(await session.needToken("alice")).toMatchObject({
      error: expect.stringContaining("has ended") as string,
    });
  });

  test("progress is one line without control characters", () => {
    const { session, events } = open();
    session.progress('a\n{"event":"result"}\u001b[2J');
    expect(events).toEqual(['{"event":"progress","message":"a {\\"event\\":\\"result\\"} [2J"}']);
  });
});

describe("a user's process", () => {
  const shape = z.strictObject({ a: z.number() });
  const end = { code: 0, signal: null, stdout: "", stderr: "", cut: undefined, notRun: undefined };
  test.each([
    ["answers", { ...end, stdout: '{"answer":{"a":1}}' }, { answer: { a: 1 } }],
    ["answers too much", { ...end, stdout: '{"answer":{"a":1,"b":2}}' }, "another shape"],
    ["says nothing", end, "another shape"],
    ["hangs", { ...end, code: null, signal: "SIGKILL", cut: "deadline" as const }, "did not end in time"],
    ["floods", { ...end, code: null, cut: "output" as const }, "said too much"],
    ["cannot start", { ...end, code: null, notRun: "EACCES" }, "could not be started (EACCES)"],
    [
      "explains itself",
      { ...end, code: 1, stdout: '{"problems":["the disk\\u001bis full"]}' },
      "alice: the disk is full",
    ],
  ])("that %s", (_, found, expected) => {
    const answer = readAnswer(found, shape, "alice");
    if (typeof expected === "string") expect("problem" in answer && answer.problem).toContain(expected);
    else expect(answer).toEqual(expected);
  });
});

test("accounts are those that were asked for, and only whole ones", () => {
  const text =
    "alice:x:1001:1002::/home/alice:/bin/sh\nroot:x:0:0::/root:/bin/sh\nbob:x:x:1::/home/bob:\ncarol:x:1:1::home:\n";
  expect([...parseAccounts(text, ["alice", "bob", "carol"]).values()]).toEqual([
    { name: "alice", uid: 1001, gid: 1002, home: "/home/alice" },
  ]);
});

test("systemd's blocks are states in their order", () => {
  const text =
    "NextElapseUSecRealtime=Thu 2026-01-01 00:00:01 UTC\nLoadState=loaded\nActiveState=active\nSubState=waiting\nUnitFileState=enabled\nNeedDaemonReload=yes\n\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n";
  expect(parseUnitStates(text)).toEqual([
    { enabled: "enabled", active: "active", sub: "waiting", stale: true, nextElapse: 1_767_225_601_000 },
    { enabled: null, active: null, sub: "", stale: false, nextElapse: null },
  ]);
});
