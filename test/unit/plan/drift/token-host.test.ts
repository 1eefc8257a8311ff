/** Drifts of a token's host: approved copies and containers. */
import { describe, expect, it } from "vitest";
import { PROTOCOL } from "../../../../contract/fields.ts";
import { tokenFileObservation, type TokenFileObservation } from "../../../../contract/token-file.ts";
import {
  composeProblems,
  engineProblems,
  otherConsumers,
  tokenDrift,
} from "../../../../plan/drift/token-host.ts";
import { container as containerOf } from "../../../support/fakes/fleet-status.ts";
import { load, STACK } from "../../../support/plan/fixtures.ts";

describe("a token", () => {
  const [tokenPlan] = load().tokens;
  const NEW = "c".repeat(64);
  const found = (changes: Partial<TokenFileObservation> = {}): TokenFileObservation =>
    tokenFileObservation.parse({
      protocol: PROTOCOL,
      missing: [],
      type: "file",
      sha256: NEW,
      mode: "0600",
      uid: 1000,
      size: 200,
      mtimeMs: 1,
      expiresAtMs: null,
      kind: "setup-token",
      complaints: [],
      copies: [`${NEW}.1000`],
      spoiled: [],
      generation: 2,
      mark: "0a1b2c3d",
      passed: [NEW],
      containers: [
        {
          ...{ name: "one-container", sha256: NEW, running: true, readOnly: true },
          source: `/srv/claude/auth.d/${NEW}.1000.json`,
        },
      ],
      composeServices: null,
      ...changes,
    });
  const container = (changes: object) => ({ containers: [{ ...found().containers![0]!, ...changes }] });

  it.each<[string, Partial<TokenFileObservation>, object]>([
    ["that is rolled out", {}, {}],
    [
      "not rolled out yet",
      { generation: 0, copies: [], containers: [] },
      {
        gate: ["token platform: the gate has passed no file here (gate 0, 0a1b2c3d)"],
        announced:
          "token platform: /srv/claude/auth.json changes from no token to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z). After the gate, the rollout replaces one at a time: one",
      },
    ],
    [
      "with a lagging container",
      container({ sha256: "d".repeat(64) }),
      {
        gate: [
          "container one-container: has the token dddddddddddd instead of cccccccccccc (gate 2, 0a1b2c3d)",
        ],
        announced:
          "token platform: /srv/claude/auth.json changes from dddddddddddd to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z). After the gate, the rollout replaces one at a time: one",
      },
    ],
    [
      "with a stopped container",
      container({ running: false }),
      { gate: ["container one-container: does not run (gate 2, 0a1b2c3d)"] },
    ],
    [
      "with a missing container",
      { containers: [] },
      {
        gate: ["container one-container: is missing (gate 2, 0a1b2c3d)"],
        announced:
          "token platform: /srv/claude/auth.json changes from no token to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z). After the gate, the rollout replaces one at a time: one",
      },
    ],
    [
      "with a foreign container",
      container({ sha256: "", source: "/srv/claude/auth.json" }),
      {
        gate: ["container one-container: was not created by this rollout (gate 2, 0a1b2c3d)"],
        announced:
          "token platform: /srv/claude/auth.json changes from no token to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z). After the gate, the rollout replaces one at a time: one",
      },
    ],
    [
      "with a container that mounts the candidate itself",
      container({ source: "/srv/claude/auth.json" }),
      {
        gate: [
          "container one-container: mounts /srv/claude/auth.json instead of the approved copy (gate 2, 0a1b2c3d)",
        ],
      },
    ],
    [
      "with a container that may write the token",
      container({ readOnly: false }),
      {
        gate: [
          "container one-container: can write the approved copy: its mount is not read-only (gate 2, 0a1b2c3d)",
        ],
      },
    ],
    [
      "with a missing copy",
      { copies: [] },
      { gate: ["approved copy cccccccccccc for uid 1000: is missing (gate 2, 0a1b2c3d)"] },
    ],
    [
      "with an edited copy",
      { spoiled: [{ copy: `${NEW}.1000`, why: "has been edited" }] },
      { gate: ["approved copy cccccccccccc for uid 1000: has been edited (gate 2, 0a1b2c3d)"] },
    ],
    [
      "with an edited copy of a former file",
      { spoiled: [{ copy: `${"d".repeat(64)}.1000`, why: "has been edited" }] },
      {},
    ],
    [
      "whose engine does not answer",
      { containers: null },
      { unknown: ["token platform: the container engine does not answer"] },
    ],
    [
      "that the host refuses",
      { type: "missing", sha256: null, mode: null, kind: null, complaints: ["auth.json is missing."] },
      {
        gate: ["token platform: auth.json is missing. (gate 2, 0a1b2c3d)"],
        refused: ["token platform: auth.json is missing."],
      },
    ],
    [
      "that the host refuses before the first gate",
      { generation: 0, type: "missing", sha256: null, kind: null, complaints: ["auth.json is missing."] },
      {
        gate: ["token platform: auth.json is missing. (gate 0, 0a1b2c3d)"],
        refused: ["token platform: auth.json is missing."],
      },
    ],
  ])("%s", (_, changes, expected) => {
    const { containers: notes, ...drift } = tokenDrift(tokenPlan!, found(changes));
    if (changes.generation !== 0) expect(drift.gate).toEqual(expect.arrayContaining([...notes.values()]));
    expect(drift).toEqual({
      gate: [],
      unknown: [],
      refused: [],
      announced: undefined,
      missing: [],
      ...expected,
    });
  });

  it("with services that the compose file does not have names them", () => {
    const stack = STACK.replace(
      "      services:",
      "      driver: { compose: { file: compose.yml, directory: /opt/app } }\n      services:",
    ).replace('image: "app:1", ', "");
    const [composed] = load({ stack }).tokens;
    const problems = (composeServices: string[] | null) =>
      composeProblems(composed!, found({ composeServices }));
    expect(problems(["one", "two"])).toEqual([]);
    expect(problems(null)).toEqual([]);
    expect(problems(["two"])).toEqual([
      "claude-fleet:tokens.platform: /opt/app/compose.yml has no service one; it has two.",
    ]);
  });

  it("whose host does not answer is unknown", () => {
    expect(tokenDrift(tokenPlan!, "unreachable")).toMatchObject({
      gate: [],
      unknown: ["token platform: its host does not answer"],
    });
  });
});

describe("an engine that does not answer", () => {
  const silent = { containers: null, missing: ["The container engine did not answer: no socket."] };
  const here = {
    name: "platform",
    driver: { kind: "docker", containers: [] },
    address: { kind: "local", become: [] },
  } as const;
  const there = { kind: "ssh", destination: "deploy@vps", become: [] } as const;

  it("on this machine stops everything before its address goes into the state", () => {
    expect(engineProblems(here, silent)).toEqual([
      "token platform: The container engine did not answer: no socket. Its containers are unknown. Start the engine or correct DOCKER_HOST, then run this again.",
    ]);
  });

  it("stops nothing when it answers, has an address in the settings, or belongs to compose", () => {
    expect(engineProblems(here, { containers: [], missing: [] })).toEqual([]);
    expect(engineProblems({ ...here, address: there }, silent)).toEqual([]);
    const driver = { kind: "compose", file: "compose.yml", directory: "/opt", recreate: undefined } as const;
    expect(engineProblems({ ...here, driver }, silent)).toEqual([]);
  });
});

describe("containers of another service", () => {
  const TOKEN: Parameters<typeof otherConsumers>[0] = {
    name: "platform",
    driver: { kind: "docker", containers: [] },
    services: [{ name: "one", container: "one-container", target: "/auth.json", uid: 1000 }],
  };
  const of = (token: string, service: string) => ({
    containers: [containerOf({ of: { token, service } })],
  });

  it("are accepted under the name that created them", () => {
    expect(otherConsumers(TOKEN, of("platform", "one"))).toEqual([]);
    expect(otherConsumers(TOKEN, { containers: [containerOf({ of: null })] })).toEqual([]);
    expect(otherConsumers(TOKEN, { containers: [] })).toEqual([]);
    expect(otherConsumers(TOKEN, { containers: null })).toEqual([]);
  });

  it.each([
    ["shared", "one"],
    ["platform", "former"],
  ])("are refused when %s/%s created them", (token, service) => {
    expect(otherConsumers(TOKEN, of(token, service))).toEqual([
      `claude-fleet:tokens.platform: the container one-container belongs to ${token}/${service} in this fleet, not to platform/one. Keep the former name. To change it, remove the service from the settings, run \`pulumi up\`, and add the service under the new name; it does not run meanwhile. If no stack has that container any more, remove the container.`,
    ]);
  });

  it("are not checked when compose creates them", () => {
    const driver = { kind: "compose", file: "compose.yml", directory: "/opt", recreate: undefined } as const;
    expect(otherConsumers({ ...TOKEN, driver }, of("shared", "one"))).toEqual([]);
  });
});
