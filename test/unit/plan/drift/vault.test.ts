/** Drifts of Vault: token role, policies and metadata. */
import { describe, expect, it } from "vitest";
import type { TokenRole } from "../../../../lib/vault-token-schema.ts";
import { vaultDrift, type ObservedVault } from "../../../../plan/drift/vault.ts";
import { load, ROSTER } from "../../../support/plan/fixtures.ts";
import type { EntryMetadata } from "../../../../lib/vault-kv-schema.ts";
import { accessPolicy } from "../../../../plan/vault/user-policy.ts";

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

const seen = (changes: Partial<ObservedVault> = {}): ObservedVault => ({
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
  it.each<[string, ObservedVault, string[]]>([
    ["that matches the plan", seen(), []],
    ["with white space that Vault has trimmed", policy(text.trim()), []],
    [
      "where nothing has been applied",
      seen({ role: undefined, policies: new Map(), metadata: new Map() }),
      ["fleet test: Vault has neither its token role nor any of its policies yet"],
    ],
    ["without the role", seen({ role: undefined }), [`${ROLE}: is missing`]],
    [
      "with a wider role",
      seen({ role: { ...role, policyGlobs: ["*", "claude-test-*"], policies: ["root"] } }),
      [
        `${ROLE}: allows policies that match: *, claude-test-* instead of claude-test-*`,
        `${ROLE}: allows the policies: root instead of none`,
      ],
    ],
    [
      "with a role that creates other tokens",
      seen({
        role: {
          ...role,
          ...{ orphan: false, renewable: false, noDefaultPolicy: false, type: "batch" },
          ...{ periodSeconds: 60, maxTtlSeconds: 90 },
        },
      }),
      [
        `${ROLE}: creates orphan tokens: no instead of yes`,
        `${ROLE}: creates renewable tokens: no instead of yes`,
        `${ROLE}: omits the default policy: no instead of yes`,
        `${ROLE}: creates tokens with the period: 60 s instead of 2764800 s`,
        `${ROLE}: limits the life of tokens to: 90 s instead of 0 s`,
        `${ROLE}: creates tokens of the type: batch instead of service`,
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
      [`${POLICY}: is missing, so the token of alice has no access`],
    ],
    [
      "with a policy that grants more and less",
      policy(
        `${text.replace('"update"]\n}\n\n# See', '"delete"]\n}\n\n# See')}path "secret/\u001b" { capabilities = ["list"] }\n`,
      ),
      [
        `${POLICY}: has been edited: it also grants ${alice.dataPath} [delete], also grants secret/\\u001b [list], no longer grants ${alice.dataPath} [update]`,
      ],
    ],
    [
      "with a policy that has other statements",
      policy(`${text}path "x" { policy = "write" }\n`),
      [`${POLICY}: has been edited: it has other statements than paths with capabilities`],
    ],
    [
      "with a comment in a policy",
      policy(text.replace("# Back up", "# Do not back up")),
      [`${POLICY}: has been edited: it grants the same with another text`],
    ],
    [
      "without the metadata of a user's backups",
      seen({ metadata: new Map() }),
      [`${BACKUPS}: the entry does not exist`],
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
