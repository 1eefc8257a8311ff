/** Tests what the components in Vault declare, with which options, and what they never declare. */
import { describe, expect, it } from "vitest";
import { FleetVault } from "../../../components/fleet-vault.ts";
import { PurgedBackups } from "../../../components/purged-backups.ts";
import { UnownedTokens } from "../../../components/unowned-tokens.ts";
import { UserAccess } from "../../../components/user-access.ts";
import type { Drift } from "../../../components/host-command.ts";
import { alice, vaultPlan, requestStub } from "../../support/component/fixtures.ts";
import { only, register, secretValue } from "../../support/component/harness.ts";

const ROLE = "vault:tokenauth/authBackendRole:AuthBackendRole";
const MOUNT = "vault:index/mount:Mount";
const POLICY = "vault:index/policy:Policy";
const ENDPOINT = "vault:generic/endpoint:Endpoint";
const COMMAND = "command:local:Command";

describe("FleetVault", () => {
  it("declares an orphan, periodic role for this fleet's policies only, and no mount", async () => {
    const seen = await register(
      () => new FleetVault("prod", { vault: vaultPlan, owner: "claude-fleet-prod" }),
    );
    expect(only(seen, ROLE).inputs).toEqual({
      roleName: "claude-prod",
      allowedPoliciesGlobs: ["claude-prod-*"],
      orphan: true,
      renewable: true,
      tokenPeriod: 2_764_800,
      tokenNoDefaultPolicy: true,
      tokenType: "service",
      pathSuffix: "claude-fleet-prod",
    });
    expect(seen.filter(({ type }) => type === MOUNT)).toEqual([]);
  });

  it("binds tokens to the networks of the settings", async () => {
    const vault = { ...vaultPlan, tokenBoundCidrs: ["10.0.0.0/8", "192.0.2.7"] };
    const seen = await register(() => new FleetVault("prod", { vault, owner: "claude-fleet-prod" }));
    expect(only(seen, ROLE).inputs).toMatchObject({ tokenBoundCidrs: ["10.0.0.0/8", "192.0.2.7"] });
  });

  it("protects and retains the mount where it manages one", async () => {
    const seen = await register(
      () =>
        new FleetVault("prod", { vault: { ...vaultPlan, manageMount: true }, owner: "claude-fleet-prod" }),
    );
    expect(only(seen, MOUNT)).toMatchObject({
      inputs: { path: "secret", type: "kv", options: { version: "2" } },
      protect: true,
      retainOnDelete: true,
    });
  });

  it("declares no token", async () => {
    const seen = await register(
      () => new FleetVault("prod", { vault: vaultPlan, owner: "claude-fleet-prod" }),
    );
    expect(seen.filter(({ type }) => type.includes("token:Token"))).toEqual([]);
  });
});

describe("UnownedTokens", () => {
  const declare = (drift: Drift) =>
    register(() => new UnownedTokens("prod", { request: requestStub({ fleet: "prod" }), drift }));

  it("declares a command that runs for the tokens that a drift review named", async () => {
    const { inputs, ignoreChanges } = only(await declare("token a: …"), COMMAND);
    expect(inputs).toMatchObject({
      create: "node dist/claude-fleet.mjs vault sweep",
      stdin: '{"fleet":"prod"}',
      environment: { drift: "token a: …" },
    });
    expect(ignoreChanges).toEqual([]);
  });

  it("leaves the last drift alone where there is none", async () => {
    expect(only(await declare(undefined), COMMAND).ignoreChanges).toEqual(["environment.drift"]);
  });
});

describe("PurgedBackups", () => {
  it("declares a command that runs once, and again when there are backups again", async () => {
    const declare = (drift: Drift) =>
      register(() => new PurgedBackups("bob", { request: requestStub({ user: "bob" }), drift }));
    const first = only(await declare(undefined), COMMAND);
    expect(first).toMatchObject({ name: "bob-purge", ignoreChanges: ["environment.drift"] });
    expect(first.inputs).toMatchObject({
      create: "node dist/claude-fleet.mjs vault purge",
      stdin: '{"user":"bob"}',
    });
    expect(first.inputs["delete"]).toBeUndefined();
    const again = only(await declare("backups of bob …"), COMMAND);
    expect(again.inputs["environment"]).toEqual({ drift: "backups of bob …" });
  });
});

describe("UserAccess", () => {
  const declare = () =>
    register(() => new UserAccess("alice", { fleet: "prod", user: alice, policy: 'path "x" {}' }));

  it("declares the user's policy by its own name", async () => {
    expect(only(await declare(), POLICY).inputs).toEqual({
      name: "claude-prod-alice",
      policy: 'path "x" {}',
    });
  });

  it("declares the metadata of the user's path and never deletes it", async () => {
    const { inputs } = only(await declare(), ENDPOINT);
    expect(inputs).toMatchObject({
      path: "secret/metadata/workstation/claude-users/alice",
      disableDelete: true,
      ignoreAbsentFields: true,
    });
    expect(JSON.parse(String(secretValue(inputs["dataJson"])))).toEqual({
      custom_metadata: { fleet: "prod", user: "alice" },
      delete_version_after: "0s",
      max_versions: 50,
    });
  });

  it("never declares the login itself", async () => {
    const types = (await declare()).map(({ type }) => type);
    expect(types.filter((type) => /secret/i.test(type))).toEqual([]);
  });
});
