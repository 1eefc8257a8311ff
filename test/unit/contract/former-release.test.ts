/** The messages and records that the former release has left are still read: none of them is written again before. */
import { describe, expect, it } from "vitest";
import { actionsBy, requestSchema, resultSchema } from "../../../contract/actions.ts";
import { agentStatus } from "../../../contract/agent-status.ts";
import { freshAgentState, parseAgentState } from "../../../contract/agent-state.ts";
import { commandInput, VAULT_WORK } from "../../../contract/command-input.ts";
import { parsePlan, parseRequest } from "../../../contract/parse-messages.ts";
import {
  formerAgents,
  formerCommands,
  formerHostFiles,
  formerResources,
} from "../../support/former-records.ts";

const LINE = /^node dist\/claude-fleet\.mjs (host|vault) (\S+)$/;

/** Command lines with the standard input that Pulumi gives them: a delete gets that of the create before it. */
const runs = [
  ...formerCommands.map(({ name, stdin, ...lines }) => ({ name, stdin, ...lines })),
  ...[...formerResources.docker, ...formerResources.compose].flatMap(({ urn, inputs }) =>
    typeof inputs["create"] === "string"
      ? [
          {
            name: urn.slice(urn.lastIndexOf("::") + 2),
            create: inputs["create"],
            delete: inputs["delete"] as string | undefined,
            stdin: withContent(inputs["stdin"]) as Readonly<Record<string, unknown>>,
          },
        ]
      : [],
  ),
].flatMap(({ name, stdin, ...lines }) =>
  [lines.create, lines.delete].flatMap((line) => (line === undefined ? [] : [{ name, line, stdin }])),
);

/** The fixture leaves out the content of files. */
function withContent(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withContent);
  const fields = Object.entries(value).map(([key, field]) => [key, withContent(field)] as const);
  const file = "path" in value && "mode" in value ? [["content", "\n"] as const] : [];
  return Object.fromEntries([...fields, ...file]);
}

describe("a command line in a state", () => {
  it.each(runs)("of $name is understood with its standard input: $line", ({ line, stdin }) => {
    const [, group, word = ""] = LINE.exec(line) ?? [];
    if (group === "vault") {
      expect(VAULT_WORK[word as keyof typeof VAULT_WORK].input.parse(stdin)).toEqual(stdin);
      return;
    }
    const action = actionsBy("resource").find((name) => name === word);
    if (action === undefined) throw new Error(`There is no action ${word}.`);
    const request = stdin["request"] as object;
    expect(commandInput(action).parse(stdin)).toEqual({ ...stdin, request: { ...request, action } });
  });

  it("is there for every action of a resource but that of a hook", () => {
    const words = new Set(runs.map(({ line }) => LINE.exec(line)?.[2]));
    for (const action of actionsBy("resource").filter((name) => name !== "clear"))
      expect(words).toContain(action);
    for (const work of Object.keys(VAULT_WORK)) expect(words).toContain(work);
  });
});

it("a command that recreates a service may have as many words as before", () => {
  const found = runs.find(({ line }) => line.endsWith(" recreate"));
  const { compose, ...recreation } = (found?.stdin as { request: { recreation: { compose: object } } })
    .request.recreation;
  const request = {
    action: "recreate",
    recreation: { ...recreation, compose: { ...compose, recreate: Array<string>(1000).fill("word") } },
  };
  expect(commandInput("recreate").safeParse({ ...found?.stdin, request }).success).toBe(true);
});

describe("what a command has printed", () => {
  const printed = formerCommands.filter(({ stdout }) => stdout !== null);

  it.each(printed)("$name", ({ create, stdout }) => {
    const action = actionsBy("resource").find((name) => create.endsWith(` ${name}`));
    if (action === undefined) throw new Error(`There is no action of ${create}.`);
    expect(resultSchema(action).parse(stdout)).toEqual(stdout);
  });
});

describe("a request of an operator who has the former release", () => {
  it.each(["clear-container", "verify-container", "stale-processes", "place-rules"])("%s", (former) => {
    const today = parseRequest(JSON.stringify(requestOf(former)));
    const { action, ...fields } = today;
    expect(requestOf(former)).toMatchObject(fields);
    expect(requestSchema(action).safeParse(today).success).toBe(true);
  });

  const requestOf = (action: string): Readonly<Record<string, unknown>> => {
    if (action === "clear-container") {
      const { protocol, container } = requestOf("verify-container")["check"] as Readonly<
        Record<string, unknown>
      >;
      const names = { fleet: "test", token: "platform", service: "one" };
      return { action, leftover: { protocol, container, ...names, gracePeriodSeconds: 30 } };
    }
    const requests = formerCommands.map(({ stdin }) => stdin["request"] as Readonly<Record<string, unknown>>);
    const found = requests.find((request) => request?.["action"] === action);
    if (found === undefined) throw new Error(`No command asks for ${action}.`);
    return found;
  };
});

it("a recorded plan is read whole", () => {
  const plan = formerHostFiles["/etc/claude-fleet/test/plan.json"];
  expect(parsePlan(JSON.stringify(plan), "plan.json")).toEqual(plan);
});

/** What the state of the former release lacks, as it is read. */
const NEW_FIELDS = {
  lastBackup: null,
  noticed: freshAgentState().noticed,
  probing: true,
  refreshable: [],
};

describe("an agent's files", () => {
  it.each(formerAgents)("after a run: $case", ({ state, status }) => {
    expect(parseAgentState(JSON.stringify(state))).toEqual({ ...state, ...NEW_FIELDS });
    expect(agentStatus.parse(status)).toEqual(status);
  });
});
