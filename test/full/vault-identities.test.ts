/** `pulumi` itself as each identity of CI, against a real OpenBao: the deployer's `up`, the observer's review. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  IDENTITIES,
  identityPolicies,
  identityName,
  identityPolicy,
  type Identity,
} from "../../plan/vault/ci-identities.ts";
import { scalePlan } from "../../bench/scale/plan.ts";
import { startOpenBao, type OpenBao } from "../support/engine/openbao.ts";
import { createProject, finish, type Project, type Run } from "../support/engine/project.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const tokens = new Map<Identity, string>();
let bao: OpenBao;
let project: Project;

/** The fleet's part in Vault, for two users, by the program's own components. */
const program = (address: string) => `
  import * as vault from "@pulumi/vault";
  import { FleetVault } from ${JSON.stringify(join(ROOT, "components/fleet-vault.ts"))};
  import { UserAccess } from ${JSON.stringify(join(ROOT, "components/user-access.ts"))};
  import { userPolicy } from ${JSON.stringify(join(ROOT, "plan/vault/user-policy.ts"))};
  import { scalePlan } from ${JSON.stringify(join(ROOT, "bench/scale/plan.ts"))};
  const plan = scalePlan(${JSON.stringify(address)}, 2);
  const provider = new vault.Provider("vault", { address: plan.vault.address, vaultVersionOverride: "1.14.0" });
  const tokenBoundCidrs = JSON.parse(process.env.TOKEN_BOUND_CIDRS ?? "[]");
  new FleetVault(plan.fleet, { vault: { ...plan.vault, tokenBoundCidrs }, owner: "scale" }, { provider });
  for (const user of plan.users) {
    new UserAccess(user.name, { fleet: plan.fleet, user, policy: userPolicy(user) }, { provider });
  }
`;

beforeAll(async () => {
  bao = await startOpenBao();
  const plan = scalePlan(bao.address, 2);
  for (const identity of IDENTITIES) {
    const policy = identityPolicy(identity, plan.vault);
    await bao.root("POST", `sys/policies/acl/${identityName(plan.fleet, identity)}`, { policy });
  }
  for (const identity of IDENTITIES) {
    const policies = identityPolicies(plan.fleet, identity);
    const body = { policies, no_default_policy: true, no_parent: true, ttl: "1h" };
    const shape = z.object({ auth: z.object({ client_token: z.string() }) });
    tokens.set(identity, shape.parse(await bao.root("POST", "auth/token/create", body)).auth.client_token);
  }
  project = await createProject({ program: program(bao.address), options: { refresh: "always" } });
});
afterAll(async () => {
  await project?.remove();
  await bao?.stop();
});

/** Networks of the settings. */
let networks: readonly string[] = [];

const as = (identity: Identity, ...args: string[]): Promise<Run> =>
  finish(
    project.start([...args, "--color", "never"], {
      VAULT_TOKEN: tokens.get(identity) ?? "",
      TOKEN_BOUND_CIDRS: JSON.stringify(networks),
    }),
  );
const up = (identity: Identity) => as(identity, "up", "--yes", "--skip-preview");
const review = (identity: Identity) => as(identity, "preview", "--diff", "--expect-no-changes");

const policyPath = () => `sys/policies/acl/${scalePlan(bao.address, 2).users[0]?.policy}`;

describe("a fleet's part in Vault", () => {
  it("is created by the administrator, and by no other identity", async () => {
    const deployers = await up("deployer");
    expect(deployers.code).not.toBe(0);
    expect(deployers.output).toContain("403");
    const ended = await up("administrator");
    expect(ended.code, ended.output).toBe(0);
  });

  it("is reviewed by the observer, and left alone by the deployer", async () => {
    for (const run of [await review("observer"), await up("deployer")]) {
      expect(run.code, run.output).toBe(0);
    }
  });

  it("is named by the observer; neither observer nor deployer can repair it", async () => {
    await bao.root("POST", policyPath(), { policy: 'path "secret/*" {\n  capabilities = ["read"]\n}\n' });
    const seen = await review("observer");
    expect(seen.code, seen.output).toBe(7);
    expect(seen.output).toContain("secret/*");
    expect((await up("deployer")).code).not.toBe(0);
    expect((await review("observer")).code).toBe(7);
  });

  it("is repaired by the administrator", async () => {
    const ended = await up("administrator");
    expect(ended.code, ended.output).toBe(0);
    const clean = await review("observer");
    expect(clean.code, clean.output).toBe(0);
  });

  it.each([
    ["networks", ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]],
    ["other ones", ["192.0.2.7", "198.51.100.0/24"]],
    ["none", []],
  ])(
    "binds tokens to %s once the administrator has applied them, and then differs no more",
    async (_, wanted) => {
      networks = wanted;
      const seen = await review("observer");
      expect(seen.code, seen.output).toBe(7);
      expect((await up("deployer")).code).not.toBe(0);
      const ended = await up("administrator");
      expect(ended.code, ended.output).toBe(0);
      const { role } = scalePlan(bao.address, 2).vault;
      const shape = z.object({ data: z.object({ token_bound_cidrs: z.array(z.string()).optional() }) });
      const found =
        shape.parse(await bao.root("GET", `auth/token/roles/${role}`)).data.token_bound_cidrs ?? [];
      expect(found.toSorted()).toEqual(wanted);
      const clean = await review("observer");
      expect(clean.code, clean.output).toBe(0);
    },
  );
});
