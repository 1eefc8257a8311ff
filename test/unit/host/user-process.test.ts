/** How the answer of a user's own process is read: only its shape is trusted. */
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { readAnswer } from "../../../host/user-process.ts";

describe("a user's process", () => {
  const shape = z.strictObject({ a: z.number() });
  const end = { code: 0, signal: null, stdout: "", stderr: "", cut: undefined, notRun: undefined };
  test.each([
    ["answers", { ...end, stdout: '{"answer":{"a":1}}' }, { answer: { a: 1 } }],
    [
      "answers with an unknown key",
      { ...end, stdout: '{"answer":{"a":1,"b":2}}' },
      "printed an answer of an unknown shape",
    ],
    ["prints nothing", end, "printed an answer of an unknown shape"],
    [
      "hangs",
      { ...end, code: null, signal: "SIGKILL", cut: { by: "deadline" as const, limit: "20 s" } },
      "alice: the process that runs as this user did not end within 20 s; check the load of the host, whether the user's home answers, and look for stopped processes of the user (`ps -fu alice`).",
    ],
    [
      "prints too much",
      { ...end, code: null, cut: { by: "output" as const, limit: "9 bytes" } },
      "printed more than 9 bytes",
    ],
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
