/** The whole matrix of a larger fleet: every user's token against every other user's entry, with names made to be confused. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { loadPlan } from "../../plan/load.ts";
import type { UserPlan } from "../../plan/model.ts";
import { userPolicy } from "../../plan/vault/user-policy.ts";
import {
  notForbidden,
  operationsElsewhere,
  operationsOn,
  parsedPolicy,
  spellings,
  unexpectedOnOwn,
} from "../support/environment/isolation.ts";
import { asAdmin, askVault, backupMetadata, lookUp } from "../support/environment/vault.ts";

/** No stack has this fleet: what the test writes is its own. */
const FLEET = "matrix";
const ROLE = `claude-${FLEET}`;

/** Each is a beginning, an end or a near miss of another. */
const NAMES = [
  "z-matrix",
  "z-matrix2",
  "z-matri",
  "z.matrix",
  "z_matrix",
  "z-matrix.data",
  "z-matrix-",
  "z--matrix",
  "metadata.z",
  "z_anca98",
] as const;

let environment: DevEnvironment;
let users: readonly UserPlan[];
const tokens = new Map<string, string>();

beforeAll(async () => {
  environment = await devEnvironment();
  const plan = loadPlan({
    settings: {
      fleet: FLEET,
      vault: { address: environment.vault.address },
      tokens: {},
    },
    settingsSource: undefined,
    roster: { file: "roster.yaml", text: JSON.stringify(rosterOf(NAMES)) },
    ca: undefined,
    projectFolder: "/",
  });
  users = plan.workstations.flatMap((workstation) => workstation.users);
  const role = {
    allowed_policies_glob: [plan.vault.policyGlob],
    orphan: true,
    token_period: plan.vault.tokenPeriodSeconds,
    token_no_default_policy: true,
    token_type: "service",
  };
  await admin("POST", `auth/token/roles/${ROLE}`, role);
  for (const user of users) {
    await admin("POST", `sys/policies/acl/${user.policy}`, { policy: userPolicy(user) });
    await admin("POST", user.dataPath, { data: { kept: user.name } });
    const body = { policies: [user.policy], meta: { fleet: FLEET, user: user.name, host: "devvm" } };
    const minted = await asAdmin(
      environment,
      { method: "POST", path: `auth/token/create/${ROLE}`, body },
      z.object({ auth: z.object({ client_token: z.string() }) }),
    );
    tokens.set(user.name, minted.auth.client_token);
  }
});

afterAll(async () => {
  for (const token of tokens.values()) await admin("POST", "auth/token/revoke", { token });
  for (const user of users) {
    await admin("DELETE", user.metadataPath);
    await admin("DELETE", `sys/policies/acl/${user.policy}`);
  }
  await admin("DELETE", `auth/token/roles/${ROLE}`);
});

function rosterOf(names: readonly string[]) {
  const entries = names.map((name) => [name, { workstation: "devvm", email: "one@example.com" }] as const);
  return { workstations: { devvm: { ssh: "devvm" } }, users: Object.fromEntries(entries) };
}

function admin(method: "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> {
  return asAdmin(environment, { method, path, ...(body === undefined ? {} : { body }) }, z.unknown());
}

const tokenOf = (name: string) => tokens.get(name) ?? "";

describe.each(NAMES)("the token of %s", (name) => {
  it("is an orphan with one policy, of exactly four paths", async () => {
    const { policies, orphan } = await lookUp(environment, tokenOf(name));
    expect({ policies, orphan }).toEqual({ policies: [`${ROLE}-${name}`], orphan: true });
    const { exact_paths: exact, glob_paths: globs } = await parsedPolicy(environment, `${ROLE}-${name}`);
    expect(Object.keys(exact)).toHaveLength(4);
    expect(globs).toEqual({});
  });

  it("opens the own entry", async () => {
    const own = users.find((user) => user.name === name);
    const read = await askVault(environment, tokenOf(name), { method: "GET", path: own?.dataPath ?? "" });
    expect(read).toMatchObject({ status: 200, body: { data: { data: { kept: name } } } });
    expect(await unexpectedOnOwn(environment, tokenOf(name), name)).toEqual([]);
  });

  it.each(NAMES.filter((other) => other !== name))("is refused everything on that of %s", async (other) => {
    const before = await backupMetadata(environment, other);
    expect(before).toBeDefined();
    expect(await notForbidden(environment, tokenOf(name), operationsOn(other))).toEqual([]);
    const passed = await notForbidden(environment, tokenOf(name), spellings(name, other));
    // The router answers a path that is not in its normal form by naming that form, or calls it malformed.
    expect(passed.filter((line) => !/: (301|307|308|400)$/.test(line))).toEqual([]);
    expect(await backupMetadata(environment, other)).toEqual(before);
  });

  it("is refused everything outside of the users' entries", async () => {
    expect(await notForbidden(environment, tokenOf(name), operationsElsewhere())).toEqual([]);
  });
});
