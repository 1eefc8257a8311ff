/** Each rule of the policy pack: a program that keeps it, and ones that break it, with the consequence in the message. */
import type { ResourceValidationArgs } from "@pulumi/policy";
import { describe, expect, it } from "vitest";
import { rules } from "../../policy/rules.ts";

interface Resource {
  readonly type: string;
  readonly props: Record<string, unknown>;
  readonly opts?: Partial<ResourceValidationArgs["opts"]>;
}

/** Violations of all rules, or of one, for a resource. */
function violations({ type, props, opts }: Resource, rule?: string): string[] {
  const messages: string[] = [];
  const args = {
    type,
    props,
    opts: {
      protect: false,
      ignoreChanges: [],
      aliases: [],
      customTimeouts: {},
      additionalSecretOutputs: [],
      ...opts,
    },
    urn: `urn:pulumi:test::claude-fleet::${type}::one`,
    name: "one",
  } as unknown as ResourceValidationArgs;
  for (const one of rules) {
    if (rule !== undefined && one.name !== rule) continue;
    const validations = [one.validateResource ?? []].flat();
    for (const validate of validations) void validate(args, (message) => messages.push(message));
  }
  return messages;
}

const SHA256 = "b2".repeat(32);
const policy = (text: string, name = "claude-prod-alice"): Resource => ({
  type: "vault:index/policy:Policy",
  props: { name, policy: text },
});
const path = (name: string, ...capabilities: string[]) =>
  `path "${name}" {\n  capabilities = [${capabilities.map((word) => `"${word}"`).join(", ")}]\n}\n`;
const ALICE = [
  path("secret/data/workstation/claude-users/alice", "create", "read", "update"),
  path("secret/metadata/workstation/claude-users/alice", "read"),
  path("auth/token/lookup-self", "read"),
  path("auth/token/renew-self", "update"),
].join("\n");

const role = (change: Record<string, unknown>): Resource => ({
  type: "vault:tokenauth/authBackendRole:AuthBackendRole",
  props: {
    roleName: "claude-prod",
    allowedPoliciesGlobs: ["claude-prod-*"],
    orphan: true,
    tokenPeriod: 2_764_800,
    tokenNoDefaultPolicy: true,
    ...change,
  },
});

const container = (change: Record<string, unknown>): Resource => ({
  type: "docker:index/container:Container",
  props: {
    labels: [{ label: "claude-fleet.sha256", value: SHA256 }],
    mounts: [
      { type: "bind", source: `/srv/auth.d/${SHA256}.1000.json`, target: "/auth.json", readOnly: true },
    ],
    envs: ["LOG_LEVEL=info"],
    ...change,
  },
});

const command = (change: Record<string, unknown>, deleteBeforeReplace: boolean): Resource => ({
  type: "command:local:Command",
  props: { create: "true", ...change },
  opts: { deleteBeforeReplace },
});

const metadata = (disableDelete: boolean): Resource => ({
  type: "vault:generic/endpoint:Endpoint",
  props: { path: "secret/metadata/workstation/claude-users/alice", dataJson: "{}", disableDelete },
});

describe("resources that keep every rule", () => {
  it.each([
    ["a user's policy", policy(ALICE)],
    ["the token role", role({})],
    ["the token role as a refresh leaves it", role({ allowedPolicies: [] })],
    ["a container", container({})],
    ["a command with a delete", command({ delete: "false" }, true)],
    ["a command without one", command({}, false)],
    ["metadata", metadata(true)],
  ])("%s", (_what, resource) => {
    expect(violations(resource)).toEqual([]);
  });
});

describe("resources that break a rule", () => {
  it.each<[rule: string, what: string, resource: Resource, consequence: RegExp]>([
    [
      "user-policy-paths",
      "a wildcard",
      policy(path("secret/data/workstation/claude-users/al*", "read")),
      /other users/,
    ],
    ["user-policy-paths", "a plus", policy(path("secret/data/workstation/+/alice", "read")), /wildcard/],
    [
      "user-policy-paths",
      "another user's path",
      policy(path("secret/data/workstation/claude-users/bob", "create", "read", "update")),
      /not alice's own/,
    ],
    [
      "user-policy-paths",
      "delete",
      policy(path("secret/data/workstation/claude-users/alice", "create", "delete", "read", "update")),
      /destroy/,
    ],
    [
      "user-policy-paths",
      "more on metadata",
      policy(path("secret/metadata/workstation/claude-users/alice", "read", "update")),
      /metadata with \[read\]/,
    ],
    ["user-policy-paths", "a foreign name", policy(ALICE, "admin"), /no token role/],
    ["user-policy-paths", "nothing", policy("# nothing"), /allows nothing/],
    ["token-role", "a wider glob", role({ allowedPoliciesGlobs: ["*"] }), /administrator/],
    ["token-role", "a named policy", role({ allowedPolicies: ["root"] }), /another fleet/],
    ["token-role", "no orphan", role({ orphan: false }), /die with the operator/],
    ["token-role", "no period", role({ tokenPeriod: 0 }), /maximum TTL/],
    ["token-role", "an explicit maximum", role({ tokenExplicitMaxTtl: 3600 }), /kills periodic/],
    ["token-role", "the default policy", role({ tokenNoDefaultPolicy: false }), /default policy/],
    [
      "token-mounts",
      "a writable mount",
      container({ mounts: [{ source: `/srv/auth.d/${SHA256}.1000.json`, target: "/auth.json" }] }),
      /writable/,
    ],
    [
      "token-mounts",
      "the candidate itself",
      container({ mounts: [{ source: "/srv/auth.json", target: "/auth.json", readOnly: true }] }),
      /docker restart/,
    ],
    [
      "token-mounts",
      "another copy than the label's",
      container({
        mounts: [{ source: `/srv/auth.d/${"c3".repeat(32)}.1000.json`, target: "/a", readOnly: true }],
      }),
      /stale token/,
    ],
    [
      "token-mounts",
      "a token in the environment",
      container({ envs: ["CLAUDE_CODE_OAUTH_TOKEN=x"] }),
      /docker inspect/,
    ],
    ["safe-delete", "create before delete", command({ delete: "false" }, false), /undo it/],
    ["user-metadata", "metadata that is deleted", metadata(false), /destroys every version/],
    [
      "no-secret-in-inputs",
      "a token in a command",
      command({ stdin: `{"token":"${["sk", "ant", "oat01", "x".repeat(95)].join("-")}"}` }, false),
      /lie in the state/,
    ],
  ])("%s: %s", (rule, _what, resource, consequence) => {
    const messages = violations(resource, rule);
    expect(messages.join("\n")).toMatch(consequence);
    expect(messages.join("\n")).toContain("one: ");
  });
});
