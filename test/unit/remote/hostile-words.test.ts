/** Whatever a host, ssh, Vault or an API says is printed as text: it moves no cursor, sets no colour and begins no line of its own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callMessages } from "../../../claude/messages-api.ts";
import type { HostRequest } from "../../../contract/actions.ts";
import { hostProgram } from "../../../lib/program-digest.ts";
import { describeFailure, failureOf } from "../../../lib/vault-result.ts";
import { foreignNames } from "../../../plan/vault/ownership.ts";
import { converse, type SessionOptions, type SessionOutcome } from "../../../remote/session.ts";
import { explainFailure } from "../../../remote/ssh-failures.ts";

const connection: SessionOptions["connection"] = {
  address: { kind: "local", become: [] },
  ssh: { configFile: undefined },
};
const request = { action: "observe-token" } as unknown as HostRequest;

/** What a terminal acts on, and what ends a line: control, format and unassigned characters, and line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

const ATTACKS = [
  "\u001b[2J\u001b[31m",
  "\u001b]0;title\u0007",
  "x\nerror: forged",
  "\r",
  "\u009b1A",
  "\u202e",
  "\b\b",
];
const words = fc.oneof(
  fc.constantFrom(...ATTACKS),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.uint8Array({ maxLength: 10 }).map((bytes) => Buffer.from(bytes).toString("utf8")),
);

const said = [...ATTACKS, ...fc.sample(words, { numRuns: 500, seed: 20 })];

describe("a host that says anything", () => {
  it("is heard in printable words, each behind its name", async () => {
    const problems = said.slice(0, 90);
    const { heard, outcome } = await hear([
      ...said.map((message) => ({ event: "progress", message })),
      ...said.map((line) => ({ event: "line", line })),
      ...problems.map((text) => ({ event: "revoke", user: text, accessor: text, why: text })),
      { event: "failed", problems, result: Object.fromEntries(said.map((text) => [text, [text]])) },
    ]);
    expect(heard).toHaveLength(2 * said.length + problems.length);
    expect(texts([heard, outcome]).filter((text) => UNPRINTABLE.test(text))).toEqual([]);
    const named = expect.stringMatching(/^this machine: /) as string;
    expect(heard.slice(0, said.length)).toEqual(said.map(() => ({ event: "progress", message: named })));
    expect(outcome).toMatchObject({ kind: "failed", problems: problems.map(() => named) });
  });

  it("returns a result in printable words, its unknown keys too", async () => {
    const { outcome } = await hear([{ event: "result", result: { "\u001b[2J": ["a\nerror: b"] } }]);
    expect(outcome).toEqual({ kind: "done", result: { "\\u001b[2J": ["a\\u000aerror: b"] } });
  });
});

it("explains a failure of ssh in printable words", () => {
  fc.assert(
    fc.property(words, (stderr) => {
      expect(explainFailure(connection, { code: 255, stderr })).not.toMatch(UNPRINTABLE);
    }),
    { examples: ATTACKS.map((attack) => [attack]) },
  );
});

it("describes a refusal of Vault in printable words", () => {
  fc.assert(
    fc.property(words, fc.constantFrom(400, 403, 404, 500, 503), (said, status) => {
      const failure = failureOf(status, { errors: [said, said] }, "fake-token");
      expect(describeFailure(failure)).not.toMatch(UNPRINTABLE);
    }),
    { examples: ATTACKS.map((attack) => [attack, 500]) },
  );
});

it("names the stack of another's token role in printable words", () => {
  for (const roleSuffix of said) {
    const seen = { roleSuffix, policies: new Map<string, string>() };
    expect(foreignNames("claude-test", "own", seen).join(" ")).not.toMatch(UNPRINTABLE);
  }
});

it("repeats the API's refusal in printable words", async () => {
  const server = createServer((_, response) => response.writeHead(500).end(ATTACKS.join(" ")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { why } = await callMessages({ url, model: "any", bearer: "obviously-fake" });
    expect(why).toMatch(/^500: /);
    expect(why).not.toMatch(UNPRINTABLE);
  } finally {
    server.close();
  }
});

/** Holds a session with a host program that says these events, whatever it is asked. */
async function hear(events: readonly object[]) {
  const heard: unknown[] = [];
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const source = Buffer.from(`process.stdout.write(${JSON.stringify(lines)}); process.stdin.destroy();`);
  const outcome: SessionOutcome = await converse({
    ...{ connection, request, deadlineSeconds: 20 },
    program: { ...hostProgram("0.0.0", source), source },
    hear: (event) => void heard.push(event),
  });
  return { heard, outcome };
}

/** Returns every text and key in a value. */
function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)]);
}
