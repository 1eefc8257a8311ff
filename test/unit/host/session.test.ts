/** How the host program talks to the operator. */
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { StreamSession } from "../../../host/session.ts";

describe("the session", () => {
  function open() {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const session = new StreamSession(input, output);
    const events: string[] = [];
    output.on("data", (chunk: Buffer) => events.push(...chunk.toString("utf8").trim().split("\n")));
    return { session, input, events };
  }

  test("asks for one token at a time and accepts only the answer for that user", async () => {
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

  test("an operator that has gone or sends nonsense is an error, not a wait", async () => {
    const { session, input } = open();
    input.write("nonsense\n");
    expect(await session.needToken("alice")).toMatchObject({
      error: expect.stringContaining("does not know the operator's answer") as string,
    });
    input.end();
    expect(await session.needToken("alice")).toMatchObject({
      error: expect.stringContaining("has ended") as string,
    });
  });

  test("a progress event is one line without control characters", () => {
    const { session, events } = open();
    session.progress('a\n{"event":"result"}\u001b[2J');
    expect(events).toEqual(['{"event":"progress","message":"a {\\"event\\":\\"result\\"} [2J"}']);
  });
});
