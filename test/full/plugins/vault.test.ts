// Vault's four types through the real engine against a real server: what is written, read back, repaired and left alone.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, expectSuccess, finish } from "../../support/engine/project.ts";
import type { Project } from "../../support/engine/project.ts";
import { askVault, vault } from "../../support/environment/plugin-servers.ts";

const CHANGES = 7;
/** Names of this run alone: what an interrupted run has left is in no other run's way. */
const NAME = `claude-test-${String(process.pid)}`;
const POLICY = 'path "secret/a" { capabilities = ["read"] }';
const DRIFT = ["--refresh", "--run-program", "--expect-no-changes"];

const program = (
  given: { policy?: string; period?: number; maxVersions?: number; address?: string } = {},
) => `
  import * as vault from "@pulumi/vault";
  const provider = new vault.Provider("vault", {
    address: "${given.address ?? vault?.address ?? ""}", vaultVersionOverride: "1.14.0",
  });
  new vault.Policy("policy", {
    name: "${NAME}-alice", policy: ${JSON.stringify(given.policy ?? POLICY)},
  }, { provider });
  new vault.tokenauth.AuthBackendRole("role", {
    roleName: "${NAME}", allowedPoliciesGlobs: ["${NAME}-*"], orphan: true,
    tokenPeriod: ${String(given.period ?? 2764800)}, tokenNoDefaultPolicy: true,
  }, { provider });
  const mount = new vault.Mount("mount", { path: "${NAME}", type: "kv", options: { version: "2" } }, { provider });
  new vault.generic.Endpoint("metadata", {
    path: "${NAME}/metadata/users/alice", disableDelete: true, ignoreAbsentFields: true,
    dataJson: JSON.stringify({ max_versions: ${String(given.maxVersions ?? 10)}, custom_metadata: { user: "<alice>" } }),
  }, { provider, dependsOn: mount });
`;

describe.skipIf(vault === undefined)("the Vault types", () => {
  let project: Project;
  beforeAll(async () => {
    project = await createProject({ program: program(), env: { VAULT_TOKEN: vault?.token ?? "" } });
    await expectSuccess(project.up());
  });
  afterAll(async () => {
    await project.write(program());
    await expectSuccess(project.pulumi("destroy", "--yes", "--skip-preview"));
    await project.remove();
  });

  it("write what the program says", async () => {
    expect((await askVault("GET", `sys/policies/acl/${NAME}-alice`)).data).toMatchObject({
      policy: POLICY,
    });
    expect((await askVault("GET", `auth/token/roles/${NAME}`)).data).toMatchObject({
      orphan: true,
      token_period: 2764800,
      allowed_policies_glob: [`${NAME}-*`],
      token_no_default_policy: true,
    });
    expect((await askVault("GET", `${NAME}/metadata/users/alice`)).data).toMatchObject({
      max_versions: 10,
      custom_metadata: { user: "<alice>" },
    });
  });

  it("see no change where there is none, and keep dataJson encrypted", async () => {
    await project.write(program());
    await expectSuccess(project.preview(...DRIFT));
    const state = JSON.stringify(await project.resources());
    expect(state).not.toContain("max_versions");
  });

  it("update in place", async () => {
    await project.write(program({ period: 3600, maxVersions: 11 }));
    const run = await expectSuccess(project.up("--diff"));
    expect(run.output).toMatch(/tokenPeriod: 2764800 => 3600/);
    expect((await askVault("GET", `auth/token/roles/${NAME}`)).data).toMatchObject({
      token_period: 3600,
    });
    expect((await askVault("GET", `${NAME}/metadata/users/alice`)).data).toMatchObject({
      max_versions: 11,
    });
    await project.write(program());
    await expectSuccess(project.up());
  });

  it("see and repair a widened and a removed policy, a changed role and changed metadata", async () => {
    await project.write(program());
    await askVault("POST", `sys/policies/acl/${NAME}-alice`, {
      policy: 'path "secret/*" { capabilities = ["read"] }',
    });
    const widened = await project.preview("--diff", ...DRIFT);
    expect(widened.code).toBe(CHANGES);
    expect(widened.output).toContain('secret/*\\" { capabilities = [\\"read\\"] }" => ');

    await askVault("DELETE", `sys/policies/acl/${NAME}-alice`);
    await askVault("POST", `auth/token/roles/${NAME}`, { orphan: false });
    await askVault("POST", `${NAME}/metadata/users/alice`, { max_versions: 3 });
    const drift = await project.preview(...DRIFT);
    expect(drift.code).toBe(CHANGES);
    // A policy that is gone reads as an empty one: an update, not a new one.
    expect(drift.output).toMatch(/~ 3 to update/);

    await expectSuccess(project.up("--refresh", "--run-program"));
    await expectSuccess(project.preview(...DRIFT));
    expect((await askVault("GET", `sys/policies/acl/${NAME}-alice`)).data).toMatchObject({
      policy: POLICY,
    });
  });

  it("create a removed role again", async () => {
    await askVault("DELETE", `auth/token/roles/${NAME}`);
    const drift = await project.preview(...DRIFT);
    expect(drift.code).toBe(CHANGES);
    expect(drift.output).toMatch(/\+ 1 to create/);
    await expectSuccess(project.up("--refresh", "--run-program"));
  });

  it("leave what a removed endpoint held", async () => {
    const without = program().replace(/new vault\.generic[^;]+;/, "");
    await project.write(without);
    await expectSuccess(project.up());
    expect((await askVault("GET", `${NAME}/metadata/users/alice`)).status).toBe(200);
    await project.write(program());
    await expectSuccess(project.up());
  });

  it("take a wrong token and a server that is away for errors, and lose nothing from the state", async () => {
    const before = (await project.resources()).length;
    const denied = await finish(
      project.start(["preview", "--refresh", "--run-program"], { VAULT_TOKEN: "a-wrong-token" }),
    );
    expect(denied.code).toBe(1);
    expect(denied.output).toMatch(/answers 403 to GET auth\/token\/lookup-self.*VAULT_TOKEN/);

    await project.write(program({ address: "http://127.0.0.1:9" }));
    const away = await project.up("--refresh", "--run-program");
    expect(away.code).toBe(1);
    expect(away.output).toMatch(/gives no answer to GET .*start it, or correct its address/);
    expect(away.output).not.toMatch(/to create|created/);
    expect(await project.resources()).toHaveLength(before);
    await project.write(program());
    await expectSuccess(project.up("--refresh", "--run-program"));
  });
});
