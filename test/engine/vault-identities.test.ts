/** The three identities of docs/ci.md on a real OpenBao: what each needs works, all of it is needed, and the rest is refused. */
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { logIn, logOut } from "../../cli/ci/login.ts";
import type { VaultRequest } from "../../lib/vault-http.ts";
import { renderPolicy, type PolicyRule } from "../../plan/vault/hcl.ts";
import * as identities from "../../plan/vault/ci-identities.ts";
import { loadPlan } from "../../plan/load.ts";
import { userPolicy } from "../../plan/vault/user-policy.ts";
import { startOpenBao, type OpenBao } from "../support/engine/openbao.ts";

const FLEET = "prod";
const plan = loadPlan({
  settings: { fleet: FLEET, vault: { address: "https://vault.example.net" } },
  roster: {
    file: "roster.yaml",
    text: "{workstations: {devvm: {ssh: devvm}}, users: {alice: {workstation: devvm, email: a@example.com}}}",
  },
  projectFolder: "/",
});
const places = plan.vault;
const alice = plan.workstations[0]!.users[0]!;
const ALICE_POLICY = `sys/policies/acl/${alice.policy}`;
const ROLE = `auth/token/roles/${places.role}`;
const MINT = `auth/token/create/${places.role}`;
const NEW_METADATA = alice.metadataPath.replace("alice", "new");

let bao: OpenBao;
/** Accessor of a user's token, alive. */
let accessor: string;

const minted = z.object({ auth: z.object({ client_token: z.string(), accessor: z.string() }) });
const role = {
  allowed_policies_glob: [places.policyGlob],
  orphan: true,
  token_period: places.tokenPeriodSeconds,
  token_no_default_policy: true,
};

beforeAll(async () => {
  bao = await startOpenBao();
});
afterAll(() => bao?.stop());

/** What the fleet has in Vault before each question: a user with a login, and the role. */
async function prepare(): Promise<void> {
  await bao.root("POST", ROLE, role);
  await bao.root("POST", ALICE_POLICY, { policy: userPolicy(alice) });
  await bao.root("POST", alice.dataPath, { data: { claude_ai_oauth_json: "obviously fake" } });
  await bao.root("DELETE", NEW_METADATA);
  const body = { policies: [alice.policy] };
  accessor = minted.parse(await bao.root("POST", MINT, body)).auth.accessor;
}

/** A token with exactly these rules, as the JWT method would make it. */
async function tokenWith(rules: readonly PolicyRule[]): Promise<string> {
  await bao.root("POST", "sys/policies/acl/under-test", { policy: renderPolicy(rules) });
  const body = { policies: ["under-test"], no_default_policy: true, no_parent: true, ttl: "10m" };
  return minted.parse(await bao.root("POST", "auth/token/create", body)).auth.client_token;
}

type Request = VaultRequest & { readonly what: string };
const request = (what: string, method: VaultRequest["method"], path: string, body?: unknown): Request => ({
  what,
  method,
  path,
  ...(body === undefined ? {} : { body }),
});

const see: readonly Request[] = [
  request("the provider looks at its token", "GET", "auth/token/lookup-self"),
  request("the provider makes itself a child", "POST", "auth/token/create", {
    ttl: "20m",
    explicit_max_ttl: "20m",
  }),
  request("see a policy", "GET", ALICE_POLICY),
  request("see the role", "GET", ROLE),
];
const giveBack = request("give the token back", "POST", "auth/token/revoke-self", {});
const seeMetadata = request("see a backup's metadata", "GET", alice.metadataPath);

/** What `pulumi` and the host commands ask for an identity, in an order that works. */
const needed: Readonly<Record<identities.Identity, () => readonly Request[]>> = {
  administrator: () => [
    ...see,
    request("change a policy", "POST", ALICE_POLICY, { policy: userPolicy(alice) }),
    request("change the role", "POST", ROLE, role),
    request("remove a policy", "DELETE", ALICE_POLICY),
    request("make a policy", "POST", ALICE_POLICY, { policy: userPolicy(alice) }),
    request("remove the role", "DELETE", ROLE),
    request("make the role", "POST", ROLE, role),
    giveBack,
  ],
  deployer: () => [
    ...see,
    seeMetadata,
    request("change metadata", "POST", alice.metadataPath, { max_versions: 50 }),
    request("make metadata", "POST", NEW_METADATA, { max_versions: 50 }),
    {
      ...request("mint a user's token, wrapped", "POST", MINT, { policies: [alice.policy] }),
      wrapSeconds: 300,
    },
    request("look whose an accessor is", "POST", "auth/token/lookup-accessor", { accessor }),
    request("revoke an accessor", "POST", "auth/token/revoke-accessor", { accessor }),
    giveBack,
  ],
  observer: () => [...see, seeMetadata, giveBack],
};

const read = (path: string) => request(`read ${path}`, "GET", path);
const write = (path: string, body: unknown = {}) => request(`write ${path}`, "POST", path, body);
const remove = (path: string) => request(`delete ${path}`, "DELETE", path);

/** What no identity of CI may do. */
const never: readonly Request[] = [
  read(alice.dataPath),
  write(alice.dataPath, { data: { claude_ai_oauth_json: "another" } }),
  remove(alice.dataPath),
  remove(alice.metadataPath),
  read(`${places.mount}/metadata/${places.prefix}?list=true`),
  read(`${places.mount}/metadata/elsewhere/alice`),
  write(`${places.mount}/destroy/${places.prefix}/alice`, { versions: [1] }),
  write("sys/policies/acl/root-like", { policy: 'path "*" { capabilities = ["sudo"] }' }),
  write("sys/policies/acl/claude-other-bob", { policy: "# another fleet's" }),
  ...identities.IDENTITIES.map((one) =>
    write(`sys/policies/acl/${identities.identityName(FLEET, one)}`, { policy: "" }),
  ),
  write("auth/token/roles/claude-other", role),
  write("auth/token/create-orphan", {}),
  write("auth/token/create", { policies: ["root"] }),
  write("auth/token/create", { no_parent: true }),
  write("auth/token/create", { period: "768h" }),
  read("auth/token/accessors?list=true"),
  write("auth/jwt/role/ci-prod-administrator", {}),
  read("sys/auth"),
  write("sys/mounts/other", { type: "kv" }),
  remove("sys/mounts/secret"),
  write("sys/seal"),
];

const changeNames = [
  write(ALICE_POLICY, { policy: "# widened" }),
  remove(ALICE_POLICY),
  write(ROLE, { allowed_policies_glob: ["*"] }),
  remove(ROLE),
];
const tokens = () => [
  { ...write(MINT, { policies: [alice.policy] }), wrapSeconds: 60 },
  write("auth/token/lookup-accessor", { accessor }),
  write("auth/token/revoke-accessor", { accessor }),
];

const refused: Readonly<Record<identities.Identity, () => readonly Request[]>> = {
  administrator: () => [...never, ...tokens(), seeMetadata],
  deployer: () => [
    ...never,
    ...changeNames,
    request("mint a user's token in clear", "POST", MINT, { policies: [alice.policy] }),
    {
      ...request("mint one that waits too long", "POST", MINT, { policies: [alice.policy] }),
      wrapSeconds: 3600,
    },
  ],
  observer: () => [...never, ...changeNames, ...tokens(), write(alice.metadataPath, { max_versions: 1 })],
};

/** What of `requests` is not answered by a success, as `what: status`. */
async function failing(token: string, requests: readonly Request[]): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const { what, ...one } of requests) {
    const { status } = await bao.ask(token, one);
    if (status >= 300) failures.push(`${what}: ${status}`);
  }
  return failures;
}

describe.each(identities.IDENTITIES)("the %s", (identity) => {
  const rules = identities.identityRules(identity, places);

  it("can do what it needs", async () => {
    await prepare();
    expect(await failing(await tokenWith(rules), needed[identity]())).toEqual([]);
  });

  it.each(
    rules.flatMap((rule) =>
      rule.capabilities.map((capability) => [`${capability} ${rule.path}`, rule, capability] as const),
    ),
  )("needs to %s", async (_what, rule, capability) => {
    await prepare();
    const capabilities = rule.capabilities.filter((one) => one !== capability);
    const fewer = rules.flatMap((one) =>
      one !== rule ? [one] : capabilities.length === 0 ? [] : [{ ...rule, capabilities }],
    );
    expect(await failing(await tokenWith(fewer), needed[identity]())).toContainEqual(
      expect.stringMatching(/: 403$/),
    );
  });

  it("is refused everything else", async () => {
    await prepare();
    const token = await tokenWith(rules);
    const requests = refused[identity]();
    const failures = await failing(token, requests);
    expect(failures).toHaveLength(requests.length);
    // Minting beyond one's own rights is answered 400, all else 403.
    expect(failures.filter((line) => !/: 40[03]$/.test(line))).toEqual([]);
    expect(failures.filter((line) => line.endsWith("400") && !line.includes("auth/token/create"))).toEqual(
      [],
    );
  });

  it("has the policy that lies in ci/vault", async () => {
    const file = new URL(`../../ci/vault/${identity}.hcl`, import.meta.url);
    expect(await readFile(file, "utf8")).toBe(identities.identityPolicy(identity, places));
  });
});

it("the fleet's own role hands out no identity's policy", async () => {
  await prepare();
  for (const identity of identities.IDENTITIES) {
    const policies = [identities.identityName(FLEET, identity)];
    const { status } = await bao.ask(bao.rootToken, { method: "POST", path: MINT, body: { policies } });
    expect(status).toBe(400);
  }
});

it.each(["administrator", "deployer"] as const)(
  "the %s can read every login all the same, by the fleet's own names",
  async (identity) => {
    await prepare();
    const token = await tokenWith(identities.identityRules(identity, places));
    if (identity === "administrator") {
      // A policy under the role's glob may say anything; every identity that may mint can mint a token that has it.
      const policy = `path "${alice.dataPath}" { capabilities = ["read"] }`;
      expect((await bao.ask(token, { method: "POST", path: ALICE_POLICY, body: { policy } })).status).toBe(
        204,
      );
      return;
    }
    const mint = { method: "POST", path: MINT, body: { policies: [alice.policy] }, wrapSeconds: 60 } as const;
    const { body } = await bao.ask(token, mint);
    const { wrap_info: wrapped } = z.object({ wrap_info: z.object({ token: z.string() }) }).parse(body);
    const unwrap = { method: "POST", path: "sys/wrapping/unwrap", body: {} } as const;
    const { auth } = minted.parse((await bao.ask(wrapped.token, unwrap)).body);
    expect((await bao.ask(auth.client_token, { method: "GET", path: alice.dataPath })).status).toBe(200);
  },
);

it("what the deployer mints is bound to the networks that the administrator has written", async () => {
  await prepare();
  const bound = { ...role, token_bound_cidrs: ["192.0.2.0/24"] };
  const administrator = await tokenWith(identities.identityRules("administrator", places));
  expect((await bao.ask(administrator, { method: "POST", path: ROLE, body: bound })).status).toBe(204);
  const deployer = await tokenWith(identities.identityRules("deployer", places));
  // Asking for others, or for none, changes nothing: Vault takes them from the role alone.
  const body = { policies: [alice.policy], bound_cidrs: ["127.0.0.0/8"], token_bound_cidrs: [] };
  const mint = { method: "POST", path: MINT, body, wrapSeconds: 60 } as const;
  const wrapped = z.object({ wrap_info: z.object({ wrapped_accessor: z.string() }) });
  const { wrapped_accessor } = wrapped.parse((await bao.ask(deployer, mint)).body).wrap_info;
  const lookUp = { method: "POST", path: "auth/token/lookup-accessor" } as const;
  const found = await bao.ask(deployer, { ...lookUp, body: { accessor: wrapped_accessor } });
  expect(found.body).toMatchObject({ data: { bound_cidrs: ["192.0.2.0/24"] } });
  const loosen = await bao.ask(deployer, { method: "POST", path: ROLE, body: role });
  expect(loosen.status).toBe(403);
  await bao.root("POST", ROLE, { ...role, token_bound_cidrs: [] });
});

describe("a workflow logs in", () => {
  const REPOSITORY = "example/claude-fleet";
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const claims = (identity: identities.Identity) => ({
    iss: identities.GITHUB_ISSUER,
    aud: identities.AUDIENCE,
    sub: `repo:${REPOSITORY}:environment:${identities.ENVIRONMENTS[identity]}`,
    repository: REPOSITORY,
    environment: identities.ENVIRONMENTS[identity],
    ref: "refs/heads/main",
    ref_protected: "true",
    job_workflow_ref: `${REPOSITORY}/${identities.WORKFLOW}@refs/heads/main`,
  });

  /** What GitHub would sign. */
  function signed(payload: object): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: "RS256", typ: "JWT" })}.${part({ ...payload, iat: now, nbf: now, exp: now + 300 })}`;
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
  }

  beforeAll(async () => {
    await bao.root("POST", "sys/auth/jwt", { type: "jwt" });
    const pem = publicKey.export({ type: "spki", format: "pem" });
    await bao.root("POST", "auth/jwt/config", {
      jwt_validation_pubkeys: [pem],
      bound_issuer: identities.GITHUB_ISSUER,
    });
    for (const identity of identities.IDENTITIES) {
      const name = identities.identityName(FLEET, identity);
      await bao.root("POST", `sys/policies/acl/${name}`, {
        policy: identities.identityPolicy(identity, places),
      });
      await bao.root("POST", `auth/jwt/role/${name}`, identities.identityRole(FLEET, identity, REPOSITORY));
    }
  });

  const present = (identity: identities.Identity, payload: object) => {
    const body = { role: identities.identityName(FLEET, identity), jwt: signed(payload) };
    return bao.ask("", { method: "POST", path: "auth/jwt/login", body });
  };

  it.each(identities.IDENTITIES)("as %s, for an hour at most, with its policies alone", async (identity) => {
    const { status, body } = await present(identity, claims(identity));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      auth: { policies: identities.identityPolicies(FLEET, identity), lease_duration: 1800, renewable: true },
    });
  });

  it("leaves the token in a file of its own, and gives it back", async () => {
    const home = await mkdtemp(join(tmpdir(), "claude-fleet-ci-"));
    const github = createServer((asked, answer) => {
      const audience = new URL(asked.url ?? "", "http://x").searchParams.get("audience");
      const known = asked.headers.authorization === "bearer obviously-fake";
      answer.statusCode = known ? 200 : 401;
      answer.end(JSON.stringify({ value: signed({ ...claims("observer"), aud: audience }) }));
    }).listen(0, "127.0.0.1");
    await once(github, "listening");
    const { port } = github.address() as AddressInfo;
    const job = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "obviously-fake",
    };
    const here = { ...plan, vault: { ...places, address: bao.address } };
    vi.stubEnv("HOME", home);
    try {
      await logIn(here, "observer", job);
      const file = join(home, ".vault-token");
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const token = await readFile(file, "utf8");
      await prepare();
      expect(await failing(token, see)).toEqual([]);
      await logOut(here);
      await expect(stat(file)).rejects.toThrow("ENOENT");
      expect(await failing(token, see)).toHaveLength(see.length);

      await expect(logIn(here, "deployer", job)).rejects.toThrow("compare auth/jwt/role/ci-prod-deployer");
      const stranger = { ...job, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "another" };
      await expect(logIn(here, "observer", stranger)).rejects.toThrow("status 401");
      await expect(logIn(here, "observer", {})).rejects.toThrow("id-token: write");
    } finally {
      vi.unstubAllEnvs();
      github.close();
      await rm(home, { recursive: true });
    }
  });

  it.each<[string, object]>([
    ["another environment's job", { environment: "claude-fleet-preview-2" }],
    ["another repository", { repository: "somebody/claude-fleet" }],
    ["a pull request's ref", { ref: "refs/pull/7/merge" }],
    ["a ref that is not protected", { ref_protected: "false" }],
    ["another workflow file", { job_workflow_ref: `${REPOSITORY}/.github/workflows/x.yml@refs/heads/main` }],
    ["a token for another service", { aud: "https://github.com/example" }],
    ["another issuer", { iss: "https://example.net" }],
  ])("not as %s", async (_who, change) => {
    for (const identity of identities.IDENTITIES) {
      const { status } = await present(identity, { ...claims(identity), ...change });
      expect(status).toBe(400);
    }
  });
});
