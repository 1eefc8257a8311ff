/** Each user's Vault token opens that user's entry, and nothing else: asked of the real server with the real tokens. */
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { PEOPLE } from "../../dev/people.ts";
import {
  notForbidden,
  operationsElsewhere,
  operationsOn,
  parsedPolicy,
  spellings,
  unexpectedOnOwn,
} from "../support/environment/isolation.ts";
import {
  asAdmin,
  askVault,
  backupMetadata,
  FLEET,
  lookUp,
  policyOf,
  PREFIX,
  ROLE,
  statusOfToken,
} from "../support/environment/vault.ts";
import { vaultTokenOf } from "../support/environment/workstation.ts";

/** Users of dev/roster.yaml with renewal. */
const RENEWED = ["alice", "bob", "carol"] as const;

/** 32 days. */
const PERIOD_SECONDS = 768 * 3600;

let environment: DevEnvironment;
/** Tokens by user, as they lie on the workstation. */
const tokens = new Map<string, string>();

beforeAll(async () => {
  environment = await devEnvironment();
  for (const user of RENEWED) {
    const token = await vaultTokenOf(environment, user);
    if (token === undefined) throw new Error(`${user} has no Vault token on the workstation.`);
    tokens.set(user, token);
  }
});

const tokenOf = (user: string) => tokens.get(user) ?? "";

describe.each(RENEWED)("the Vault token of %s", (user) => {
  it("is an orphan of 768 hours with one policy and no other way to live", async () => {
    const token = await lookUp(environment, tokenOf(user));
    expect(token).toMatchObject({
      display_name: `token-${policyOf(user)}`,
      policies: [policyOf(user)],
      orphan: true,
      renewable: true,
      type: "service",
      num_uses: 0,
      creation_ttl: PERIOD_SECONDS,
      explicit_max_ttl: 0,
      meta: { fleet: FLEET, user, host: "devvm" },
    });
    expect(token.identity_policies ?? []).toEqual([]);
  });

  it("begins its period again when it renews itself", async () => {
    const { status, body } = await askVault(environment, tokenOf(user), {
      method: "POST",
      path: "auth/token/renew-self",
      body: {},
    });
    expect(status).toBe(200);
    const renewed = z.object({
      auth: z.object({ lease_duration: z.number(), token_policies: z.array(z.string()) }),
    });
    expect(renewed.parse(body).auth).toEqual({
      lease_duration: PERIOD_SECONDS,
      token_policies: [policyOf(user)],
    });
  });

  it("has a policy that comes to exactly four paths", async () => {
    expect(await parsedPolicy(environment, policyOf(user))).toEqual({
      root: false,
      glob_paths: {},
      exact_paths: {
        [`secret/data/${PREFIX}/${user}`]: { capabilities: ["create", "read", "update"] },
        [`secret/metadata/${PREFIX}/${user}`]: { capabilities: ["read"] },
        "auth/token/lookup-self": { capabilities: ["read"] },
        "auth/token/renew-self": { capabilities: ["update"] },
      },
    });
  });

  it("reads and writes the own entry, reads its metadata, and does nothing else to it", async () => {
    const before = await backupMetadata(environment, user);
    expect(await unexpectedOnOwn(environment, tokenOf(user), user)).toEqual([]);
    expect(await backupMetadata(environment, user)).toEqual(before);
  });

  const others = PEOPLE.map((person) => person.user).filter((other) => other !== user);
  it.each(others)("is refused every operation on the entry of %s", async (other) => {
    const before = await backupMetadata(environment, other);
    expect(await notForbidden(environment, tokenOf(user), operationsOn(other))).toEqual([]);
    expect(await backupMetadata(environment, other)).toEqual(before);
  });

  it("does not reach another's entry by another spelling of its path", async () => {
    const other = user === "alice" ? "bob" : "alice";
    const before = await backupMetadata(environment, other);
    const passed = await notForbidden(environment, tokenOf(user), spellings(user, other));
    // The router answers a path that is not in its normal form by naming that form: 301, 307, or 400.
    expect(passed.filter((line) => !/: (301|307|308|400)$/.test(line))).toEqual([]);
    expect(await backupMetadata(environment, other)).toEqual(before);
  });

  it("is refused everything outside of the users' entries", async () => {
    expect(await notForbidden(environment, tokenOf(user), operationsElsewhere())).toEqual([]);
    expect(await statusOfToken(environment, tokenOf(user))).toBe(200);
  });
});

describe("the fleet in Vault", () => {
  it("gives every user a token of their own", () => {
    expect(new Set(tokens.values()).size).toBe(RENEWED.length);
  });

  it("has a policy for each renewed user, and none for anybody else", async () => {
    const { data } = await asAdmin(
      environment,
      { method: "LIST", path: "sys/policies/acl" },
      z.object({ data: z.object({ keys: z.array(z.string()) }) }),
    );
    expect(data.keys.filter((name) => name.startsWith("claude-")).sort()).toEqual(RENEWED.map(policyOf));
  });

  it("has a role that makes orphans of 768 hours with the fleet's policies only, never `default`", async () => {
    const { data } = await asAdmin(
      environment,
      { method: "GET", path: `auth/token/roles/${ROLE}` },
      z.object({ data: z.record(z.string(), z.unknown()) }),
    );
    expect(data).toMatchObject({
      orphan: true,
      renewable: true,
      token_period: PERIOD_SECONDS,
      token_no_default_policy: true,
      allowed_policies_glob: [`${ROLE}-*`],
      token_type: "service",
    });
    expect(data["allowed_policies"] ?? []).toEqual([]);
  });
});
