import { describe, expect, it } from "vitest";
import type { TokenRole } from "../../../../lib/vault-token.ts";
import { driftReport } from "../../../../plan/drift/report.ts";
import {
  accessorsNamedIn,
  unownedTokenDrift,
  unownedTokens,
  type FleetToken,
} from "../../../../plan/drift/unowned-tokens.ts";
import { accessPolicy } from "../../../../plan/vault/entry-metadata.ts";
import { vaultDrift, type VaultSeen } from "../../../../plan/drift/vault.ts";
import { load, ROSTER } from "../../../support/plan/fixtures.ts";
import type { EntryMetadata } from "../../../../lib/vault-kv.ts";

const OWNER = "claude-fleet-prod";
const plan = load({
  roster: `${ROSTER}  guest: { workstation: devvm, email: g@example.com, renewal: false }\n`,
});
const alice = plan.workstations[0]!.users.find(({ name }) => name === "alice")!;
const text = accessPolicy(OWNER, alice);

const role: TokenRole = {
  pathSuffix: OWNER,
  policyGlobs: ["claude-test-*"],
  policies: [],
  orphan: true,
  renewable: true,
  noDefaultPolicy: true,
  periodSeconds: 2_764_800,
  maxTtlSeconds: 0,
  type: "service",
  boundCidrs: [],
};
const entry: EntryMetadata = {
  createdAt: "2026-06-20T20:10:40Z",
  maxVersions: 50,
  deleteAfter: "0s",
  custom: { fleet: "test", user: "alice" },
};

const seen = (changes: Partial<VaultSeen> = {}): VaultSeen => ({
  role,
  policies: new Map([[alice.policy, text]]),
  metadata: new Map([[alice.metadataPath, entry]]),
  ...changes,
});
const policy = (edited: string) => seen({ policies: new Map([[alice.policy, edited]]) });
const metadata = (changes: Partial<EntryMetadata>) =>
  seen({ metadata: new Map([[alice.metadataPath, { ...entry, ...changes }]]) });
const BACKUPS = `backups of alice (${alice.metadataPath})`;
const ROLE = `token role ${plan.vault.role}`;
const POLICY = `policy ${alice.policy}`;

describe("Vault", () => {
  it.each<[string, VaultSeen, string[]]>([
    ["as it should be", seen(), []],
    ["with white space that Vault has trimmed", policy(text.trim()), []],
    [
      "where nothing has been applied",
      seen({ role: undefined, policies: new Map(), metadata: new Map() }),
      ["fleet test: nothing of it is there yet, neither its token role nor any policy"],
    ],
    ["without the role", seen({ role: undefined }), [`${ROLE}: is missing`]],
    [
      "with a wider role",
      seen({ role: { ...role, policyGlobs: ["*", "claude-test-*"], policies: ["root"] } }),
      [
        `${ROLE}: hands out policies that match: *, claude-test-* instead of claude-test-*`,
        `${ROLE}: hands out the policies: root instead of none`,
      ],
    ],
    [
      "with a role that makes other tokens",
      seen({
        role: {
          ...role,
          ...{ orphan: false, renewable: false, noDefaultPolicy: false, type: "batch" },
          ...{ periodSeconds: 60, maxTtlSeconds: 90 },
        },
      }),
      [
        `${ROLE}: makes tokens that outlive their maker: no instead of yes`,
        `${ROLE}: makes tokens that can be renewed: no instead of yes`,
        `${ROLE}: leaves out the default policy: no instead of yes`,
        `${ROLE}: makes tokens with the period: 60 s instead of 2764800 s`,
        `${ROLE}: ends tokens however often they are renewed after: 90 s instead of 0 s`,
        `${ROLE}: makes tokens of the type: batch instead of service`,
      ],
    ],
    [
      "with a role that binds tokens to networks",
      seen({ role: { ...role, boundCidrs: ["10.0.0.0/8", "192.0.2.7"] } }),
      [`${ROLE}: binds tokens to: 10.0.0.0/8, 192.0.2.7 instead of none`],
    ],
    [
      "without a policy",
      seen({ policies: new Map() }),
      [`${POLICY}: is missing, so the token of alice opens nothing`],
    ],
    [
      "with a policy that opens more, and less",
      policy(
        `${text.replace('"update"]\n}\n\n# See', '"delete"]\n}\n\n# See')}path "secret/\u001b" { capabilities = ["list"] }\n`,
      ),
      [
        `${POLICY}: has been edited: it also opens ${alice.dataPath} [delete], also opens secret/\\u001b [list], no longer opens ${alice.dataPath} [update]`,
      ],
    ],
    [
      "with a policy that holds more than paths",
      policy(`${text}path "x" { policy = "write" }\n`),
      [`${POLICY}: has been edited: it holds more than paths with capabilities`],
    ],
    [
      "with a comment in a policy",
      policy(text.replace("# Back up", "# Do not back up")),
      [`${POLICY}: has been edited: it opens the same by another text`],
    ],
    [
      "without the metadata of a user's backups",
      seen({ metadata: new Map() }),
      [`${BACKUPS}: there is no metadata, and no backup`],
    ],
    [
      "with other metadata",
      metadata({ maxVersions: 0, deleteAfter: "24h0m0s", custom: { fleet: "test", user: "bob" } }),
      [
        `${BACKUPS}: 0 versions are kept instead of 50`,
        `${BACKUPS}: versions are deleted after 24h0m0s instead of never`,
        `${BACKUPS}: the metadata says {"fleet":"test","user":"bob"} instead of {"fleet":"test","user":"alice"}`,
      ],
    ],
  ])("%s", (_, found, expected) => {
    expect(vaultDrift(plan, OWNER, found)).toEqual(expected);
  });
});

describe("tokens of the fleet", () => {
  const token = (accessor: string, changes: Partial<FleetToken> = {}): FleetToken => ({
    ...{ accessor, user: "alice", host: "devvm" },
    ...changes,
  });
  const home = (accessors: string[], health = "good") =>
    ({ users: [{ name: "alice", accessors, token: { health } }] }) as never;
  const strays = (tokens: readonly FleetToken[], workstations: Record<string, unknown>) =>
    unownedTokens(tokens, { workstations: new Map(Object.entries(workstations)) as never }).map(
      ({ accessor }) => accessor,
    );

  it("are nobody's when no host has them", () => {
    const found = [
      token("b"),
      token("owned"),
      token("a"),
      token("c", { host: "gone" }),
      token("d", { user: "zoe" }),
    ];
    expect(strays(found, { devvm: home(["owned"]) })).toEqual(["a", "b", "c", "d"]);
  });

  it("may be anybody's while their host, or the look into the home, says nothing", () => {
    expect(strays([token("a")], { devvm: undefined })).toEqual([]);
    expect(strays([token("a")], { devvm: home([], "unknown") })).toEqual([]);
    const elsewhere = [token("a", { host: "gone" }), token("b", { host: undefined, user: undefined })];
    expect(strays(elsewhere, { devvm: undefined, gpulab: home([]) })).toEqual([]);
    expect(strays(elsewhere, { gpulab: home([]) })).toEqual(["a", "b"]);
  });

  it("are found again in the note that names them, and nothing else is", () => {
    const note = [token("abc"), token("d.e-F_1", { user: "x\ntoken evil: y", host: undefined })]
      .map(unownedTokenDrift)
      .join("\n");
    expect(accessorsNamedIn(note)).toEqual(["abc", "d.e-F_1"]);
    expect(accessorsNamedIn("")).toEqual([]);
  });
});

describe("the report", () => {
  it("has a line for each difference, by place, without what only the engine needs", () => {
    const report = driftReport([
      { place: "Vault", drifts: ["policy x: is missing"] },
      {
        place: "workstation devvm",
        drifts: [
          "workstation devvm: nothing has been applied here (apply 0, 0a1b2c3d)",
          "file a: is missing (apply 12, 0a1b2c3d)",
        ],
      },
      { place: "token platform", drifts: ["container c: does not run (gate 2, 0a1b2c3d)"] },
    ]);
    expect(report?.split("\n")).toEqual([
      "4 differences between what the roster and the settings want and what is there:",
      "drift: Vault: policy x: is missing",
      "drift: token platform: container c: does not run",
      "drift: workstation devvm: file a: is missing",
      "drift: workstation devvm: nothing has been applied here",
    ]);
  });

  it("is none where nothing differs, and counts one as one", () => {
    expect(driftReport([{ place: "Vault", drifts: [] }])).toBeUndefined();
    expect(driftReport([{ place: "Vault", drifts: ["x: y"] }])).toMatch(/^1 difference between/);
  });
});
