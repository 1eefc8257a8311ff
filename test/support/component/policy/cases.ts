/** Holds, for each rule of the policy pack, resources that keep it and resources that break it, with words of the message. */
import type { Resource } from "./judge.ts";

const SHA256 = "b2".repeat(32);
const COPY = `/srv/auth.d/${SHA256}.1000.json`;
const FAKE_TOKEN = ["sk", "ant", "oat01", "x".repeat(95)].join("-");

const path = (name: string, ...capabilities: string[]) =>
  `path "${name}" {\n  capabilities = [${capabilities.map((word) => `"${word}"`).join(", ")}]\n}\n`;
const OWN = "secret/data/workstation/claude-users/alice";
const OWN_METADATA = "secret/metadata/workstation/claude-users/alice";
const DATA = path(OWN, "create", "read", "update");
const ALICE = [
  '# The user\'s own entry; every "path" in a comment is one.',
  DATA,
  path(OWN_METADATA, "read"),
  path("auth/token/lookup-self", "read"),
  path("auth/token/renew-self", "update"),
].join("\n");

const policy = (text: string, name = "claude-prod-alice"): Resource => ({
  type: "vault:index/policy:Policy",
  props: { name, policy: text },
});
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
const container = (change: Record<string, unknown>, stack?: string): Resource => ({
  type: "docker:index/container:Container",
  props: {
    image: `registry.example.net/gateway@sha256:${SHA256}`,
    labels: [{ label: "claude-fleet.sha256", value: SHA256 }],
    mounts: [
      { type: "bind", source: COPY, target: "/auth.json", readOnly: true },
      { type: "bind", source: "/srv/data", target: "/data", readOnly: false },
    ],
    envs: ["LOG_LEVEL=info", "ANTHROPIC_API_KEY=from-a-file"],
    ...change,
  },
  ...(stack === undefined ? {} : { stack }),
});
const command = (
  props: Record<string, unknown>,
  opts: Resource["opts"] = {},
  type = "command:local:Command",
): Resource => ({ type, props: { create: "true", ...props }, opts });
const remote = (props: Record<string, unknown>) => command(props, {}, "command:remote:Command");
const metadata = (change: Record<string, unknown>): Resource => ({
  type: "vault:generic/endpoint:Endpoint",
  props: { path: OWN_METADATA, dataJson: "{}", disableDelete: true, ...change },
});
const mount = (protect: boolean): Resource => ({
  type: "vault:index/mount:Mount",
  props: { path: "secret", type: "kv" },
  opts: { protect },
});
const engine = (props: Record<string, unknown>): Resource => ({ type: "pulumi:providers:docker", props });
const bind = (source: string, readOnly = true) => ({ mounts: [{ source, target: "/auth.json", readOnly }] });

/** Resources that keep every rule. */
export const kept: readonly (readonly [what: string, resource: Resource])[] = [
  ["a user's policy", policy(ALICE)],
  ["a user's policy without metadata", policy(DATA)],
  ["the token role", role({})],
  ["the token role as a refresh leaves it", role({ allowedPolicies: [], tokenNumUses: 0, renewable: true })],
  ["a container", container({})],
  ["a container whose image is named by its id", container({ image: `sha256:${SHA256}` })],
  ["a container of a development stack", container({ image: "gateway:dev" }, "dev")],
  ["a container of a test stack", container({ image: "gateway:dev" }, "test")],
  ["a container without a token", container({ labels: [], mounts: [], envs: [] })],
  [
    "a container of the older kind",
    container({ mounts: [], volumes: [{ hostPath: COPY, containerPath: "/a", readOnly: true }] }),
  ],
  [
    "a service that was not ported",
    container({
      labels: [
        { label: "claude-fleet.sha256", value: SHA256 },
        { label: "claude-fleet.oauth-as-api-key", value: "reads no file yet" },
      ],
      envs: ["ANTHROPIC_API_KEY=$CLAUDE_CODE_OAUTH_TOKEN"],
    }),
  ],
  ["a command with a delete", command({ delete: "false" }, { deleteBeforeReplace: true })],
  ["a command without one", command({ environment: { drift: "timer of alice: disabled" } })],
  [
    "a command that takes the variable away",
    command({ stdin: "UnsetEnvironment=CLAUDE_CODE_OAUTH_TOKEN A" }),
  ],
  [
    "a remote command that knows its host",
    remote({ connection: { host: "devvm", hostKey: "ssh-ed25519 A" } }),
  ],
  ["metadata", metadata({})],
  ["another endpoint", metadata({ path: "sys/config/cors", disableDelete: false })],
  ["a protected mount", mount(true)],
  ["an engine of this machine", engine({})],
  ["an engine by ssh", engine({ host: "ssh://vps", sshOpts: '["-o","StrictHostKeyChecking=yes"]' })],
  ["something else that has a host", { type: "x:index:X", props: { host: "ssh://vps" } }],
  ["settings with nulls", { type: "x:index:X", props: { a: null, b: [1, true, null], c: undefined } }],
];

/** Resources that break one rule, each with words of the message. */
export const broken: readonly (readonly [
  rule: string,
  what: string,
  resource: Resource,
  consequence: string,
])[] = [
  [
    "user-policy-paths",
    "a star",
    policy(DATA + path("secret/data/claude/al*", "read")),
    "opens other users'",
  ],
  ["user-policy-paths", "a plus", policy(DATA + path("secret/data/+/alice", "read")), "opens other users'"],
  [
    "user-policy-paths",
    "a template",
    policy(DATA + path("secret/data/{{identity.entity.id}}/alice", "read")),
    "template",
  ],
  [
    "user-policy-paths",
    "another user's path",
    policy(DATA + path(OWN.replace("alice", "bob"), "create", "read", "update")),
    "not alice's own",
  ],
  [
    "user-policy-paths",
    "a longer name",
    policy(DATA + path(`${OWN}2`, "create", "read", "update")),
    "not alice's own",
  ],
  [
    "user-policy-paths",
    "another folder",
    policy(DATA + path("secret/data/others/alice", "create", "read", "update")),
    "2 entries",
  ],
  [
    "user-policy-paths",
    "another mount's metadata",
    policy(DATA + path(`x/${OWN_METADATA}`, "read")),
    "2 entries",
  ],
  ["user-policy-paths", "delete", policy(path(OWN, "create", "delete", "read", "update")), "destroy"],
  ["user-policy-paths", "list", policy(path(OWN, "create", "list", "read", "update")), "destroy"],
  ["user-policy-paths", "less than it needs", policy(path(OWN, "read")), "[create, read, update]"],
  [
    "user-policy-paths",
    "more on metadata",
    policy(DATA + path(OWN_METADATA, "create", "read", "update")),
    "metadata with [read]",
  ],
  [
    "user-policy-paths",
    "a path of its own token, for more",
    policy(DATA + path("auth/token/lookup-self", "update")),
    "Anything more",
  ],
  [
    "user-policy-paths",
    "another path of the token",
    policy(DATA + path("auth/token/create", "update")),
    "Anything more",
  ],
  ["user-policy-paths", "a foreign name", policy(ALICE, "admin"), "No token role"],
  ["user-policy-paths", "a fleet with a dash in it", policy(ALICE, "claude--alice"), "No token role"],
  ["user-policy-paths", "nothing", policy("# nothing"), "cannot be backed up"],
  ["user-policy-paths", "metadata alone", policy(path(OWN_METADATA, "read")), "cannot be backed up"],
  [
    "user-policy-paths",
    "a form that only Vault reads",
    policy(`${DATA}\npath "secret/*" { policy = "sudo" }`),
    "cannot check",
  ],
  ["user-policy-paths", "JSON", policy('{"path":{"secret/*":{"capabilities":["read"]}}}'), "cannot check"],

  ["token-role", "a wider glob", role({ allowedPoliciesGlobs: ["*"] }), "administrator"],
  [
    "token-role",
    "a second glob",
    role({ allowedPoliciesGlobs: ["claude-prod-*", "claude-a-*"] }),
    "another fleet",
  ],
  ["token-role", "a missing glob", role({ allowedPoliciesGlobs: undefined }), "not exactly"],
  [
    "token-role",
    "a name without a fleet",
    role({ roleName: "claude", allowedPoliciesGlobs: ["claude-*"] }),
    "another fleet's policies",
  ],
  [
    "token-role",
    "a fleet with a dash",
    role({ roleName: "claude-a-b", allowedPoliciesGlobs: ["claude-a-b-*"] }),
    "claude-<fleet>",
  ],
  ["token-role", "a named policy", role({ allowedPolicies: ["root"] }), "by name"],
  ["token-role", "no orphan", role({ orphan: false }), "die with the operator"],
  ["token-role", "no period", role({ tokenPeriod: 0 }), "maximum TTL"],
  ["token-role", "a period left out", role({ tokenPeriod: undefined }), "maximum TTL"],
  ["token-role", "an explicit maximum", role({ tokenExplicitMaxTtl: 3600 }), "kills periodic"],
  ["token-role", "a number of uses", role({ tokenNumUses: 5 }), "that many requests"],
  ["token-role", "not renewable", role({ renewable: false }), "renew its token"],
  ["token-role", "the default policy", role({ tokenNoDefaultPolicy: false }), "default policy"],

  ["token-mounts", "a writable mount", container(bind(COPY, false)), "writable"],
  [
    "token-mounts",
    "a volume, writable",
    container({ mounts: [], volumes: [{ hostPath: COPY, containerPath: "/a" }] }),
    "writable",
  ],
  ["token-mounts", "no mount", container({ mounts: [] }), "docker restart"],
  ["token-mounts", "the candidate itself", container(bind("/srv/auth.json")), "past the gate"],
  ["token-mounts", "a candidate of another name", container(bind("/srv/token.json")), "docker restart"],
  ["token-mounts", "the copies' folder", container(bind("/srv/auth.d")), "past the gate"],
  [
    "token-mounts",
    "something else in that folder",
    container(bind("/srv/auth.d/gate.json")),
    "past the gate",
  ],
  [
    "token-mounts",
    "a user's own login",
    container(bind("/home/alice/.claude/.credentials.json")),
    "another user's login",
  ],
  ["token-mounts", "a user's whole folder", container(bind("/home/alice/.claude")), "another user's login"],
  [
    "token-mounts",
    "another copy than the label's",
    container(bind(`/srv/auth.d/${"c3".repeat(32)}.1000.json`)),
    "stale token",
  ],
  ["token-mounts", "a copy without a label", container({ labels: [] }), "stale token"],

  [
    "no-token-variable",
    "a container's",
    container({ envs: ["CLAUDE_CODE_OAUTH_TOKEN=x"] }),
    "docker inspect",
  ],
  [
    "no-token-variable",
    "a container's, passed on",
    container({ envs: ["CLAUDE_CODE_OAUTH_TOKEN"] }),
    "docker inspect",
  ],
  [
    "no-token-variable",
    "a command's",
    command({ environment: { CLAUDE_CODE_OAUTH_TOKEN: "x" } }),
    "environment sets",
  ],
  [
    "no-token-variable",
    "a unit's",
    command({ stdin: "Environment=CLAUDE_CODE_OAUTH_TOKEN=x" }),
    "stdin sets",
  ],
  ["no-token-variable", "a shell's", remote({ create: "export CLAUDE_CODE_OAUTH_TOKEN=x" }), "create sets"],

  [
    "no-oauth-api-key",
    "the token",
    container({ envs: [`ANTHROPIC_API_KEY=${FAKE_TOKEN}`] }),
    "outranks the mounted file",
  ],
  [
    "no-oauth-api-key",
    "its variable",
    container({ envs: ["ANTHROPIC_API_KEY=$CLAUDE_CODE_OAUTH_TOKEN"] }),
    "follow a rollout",
  ],
  [
    "no-oauth-api-key",
    "an exception without a reason",
    container({
      labels: [{ label: "claude-fleet.oauth-as-api-key", value: "" }],
      envs: ["ANTHROPIC_API_KEY=$CLAUDE_CODE_OAUTH_TOKEN"],
    }),
    "why this service",
  ],

  [
    "pinned-images",
    "a tag",
    container({ image: "registry.example.net/gateway:1.2" }),
    "pushes under that name",
  ],
  [
    "pinned-images",
    "half a digest",
    container({ image: `gateway@sha256:${"b2".repeat(16)}` }),
    "pushes under that name",
  ],
  [
    "pinned-images",
    "a digest in the tag",
    container({ image: `gateway:sha256:${SHA256}` }),
    "pushes under that name",
  ],

  ["protected-mount", "not protected", mount(false), "destroy every login"],
  ["safe-delete", "create before delete", command({ delete: "false" }), "undo it"],
  ["safe-delete", "create before delete, remotely", remote({ delete: "false" }), "undo it"],

  [
    "ssh-host-keys",
    "off in a command",
    command({ create: "ssh -o StrictHostKeyChecking=no devvm" }),
    "any machine that answers",
  ],
  [
    "ssh-host-keys",
    "believed the first time",
    command({ create: "ssh -o StrictHostKeyChecking=accept-new devvm" }),
    "any machine that answers",
  ],
  [
    "ssh-host-keys",
    "nowhere kept",
    command({ create: "ssh -oUserKnownHostsFile=/dev/null devvm" }),
    "any machine that answers",
  ],
  [
    "ssh-host-keys",
    "off for an engine",
    engine({ host: "ssh://vps", sshOpts: '["-o","StrictHostKeyChecking no"]' }),
    "any machine that answers",
  ],
  [
    "ssh-host-keys",
    "not asked for by an engine",
    engine({ host: "ssh://vps" }),
    "first machine that answers",
  ],
  [
    "ssh-host-keys",
    "none in a remote command",
    remote({ connection: { host: "devvm" } }),
    "accepts any host",
  ],
  [
    "ssh-host-keys",
    "no connection in a remote copy",
    command({}, {}, "command:remote:CopyToRemote"),
    "accepts any host",
  ],

  ["user-metadata", "metadata that is deleted", metadata({ disableDelete: false }), "destroys every version"],
  [
    "user-metadata",
    "metadata that may be deleted",
    metadata({ disableDelete: undefined }),
    "destroys every version",
  ],

  [
    "no-secret-in-inputs",
    "a token in a command",
    command({ stdin: `{"token":"${FAKE_TOKEN}"}` }),
    "stdin holds",
  ],
  ["no-secret-in-inputs", "a token in a list", container({ envs: [`A=${FAKE_TOKEN}`] }), "envs.0 holds"],
  [
    "no-secret-in-inputs",
    "an OAuth object",
    command({ environment: { accessToken: "x" } }),
    "a key of environment holds",
  ],
];
