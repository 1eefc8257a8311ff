/** What a user's scoped Vault token may do, and everything that it may not: the calls, and which of them got through. */
import * as z from "zod";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { asAdmin, askVault, PREFIX, ROLE, type VaultCall } from "./vault.ts";

/** A named request. */
export interface Attempt extends VaultCall {
  readonly what: string;
}

/** No entry has so many versions: a write that is allowed is refused for this alone, and changes nothing. */
const NO_SUCH_VERSION = 999_999;

const content = { data: { planted: "by another user" }, options: { cas: NO_SUCH_VERSION } };

/** Every operation that a KV version 2 mount knows on the entry of `owner`. Source:
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 */
export function operationsOn(owner: string): readonly Attempt[] {
  const at = (kind: string) => `secret/${kind}/${PREFIX}/${owner}`;
  return [
    { what: "read", method: "GET", path: at("data") },
    { what: "read of a version", method: "GET", path: `${at("data")}?version=1` },
    { what: "write", method: "POST", path: at("data"), body: content },
    { what: "write by PUT", method: "PUT", path: at("data"), body: content },
    { what: "patch", method: "PATCH", path: at("data"), body: content },
    { what: "delete", method: "DELETE", path: at("data") },
    { what: "read of the subkeys", method: "GET", path: at("subkeys") },
    { what: "delete of versions", method: "POST", path: at("delete"), body: { versions: [1] } },
    { what: "undelete", method: "POST", path: at("undelete"), body: { versions: [1] } },
    { what: "destroy", method: "POST", path: at("destroy"), body: { versions: [1] } },
    { what: "destroy by PUT", method: "PUT", path: at("destroy"), body: { versions: [1] } },
    { what: "list", method: "LIST", path: at("metadata") },
    { what: "list by GET", method: "GET", path: `${at("metadata")}?list=true` },
    { what: "metadata read", method: "GET", path: at("metadata") },
    { what: "metadata write", method: "POST", path: at("metadata"), body: { max_versions: 1 } },
    {
      what: "metadata patch",
      method: "PATCH",
      path: at("metadata"),
      body: { custom_metadata: { user: "another" } },
    },
    { what: "metadata delete", method: "DELETE", path: at("metadata") },
  ];
}

/** What a user may do with the own entry, and the answer that says so. */
const OWN: Readonly<Record<string, readonly number[]>> = {
  // 404: there is no backup yet, which is told only to who may read.
  read: [200, 404],
  "read of a version": [200, 404],
  // 400: the check-and-set, which comes after the policy.
  write: [400],
  "write by PUT": [400],
  "metadata read": [200],
};

/** Returns attempts on what belongs to no user: lists, settings, and what only an administrator may do. */
export function operationsElsewhere(): readonly Attempt[] {
  return [
    { what: "list of all users", method: "LIST", path: `secret/metadata/${PREFIX}` },
    { what: "list of all users, with a slash", method: "LIST", path: `secret/metadata/${PREFIX}/` },
    { what: "list of the mount", method: "LIST", path: "secret/metadata" },
    { what: "the mount's settings", method: "GET", path: "secret/config" },
    { what: "all policies", method: "LIST", path: "sys/policies/acl" },
    { what: "the fleet's role", method: "GET", path: `auth/token/roles/${ROLE}` },
    { what: "a new token", method: "POST", path: "auth/token/create", body: {} },
    { what: "a new token of the role", method: "POST", path: `auth/token/create/${ROLE}`, body: {} },
    { what: "an orphan token", method: "POST", path: "auth/token/create-orphan", body: {} },
    { what: "all accessors", method: "LIST", path: "auth/token/accessors" },
    { what: "end of the own token", method: "POST", path: "auth/token/revoke-self", body: {} },
    { what: "a cubbyhole", method: "POST", path: "cubbyhole/own", body: { planted: "x" } },
    { what: "wrapping", method: "POST", path: "sys/wrapping/wrap", body: { planted: "x" } },
    { what: "the own rights", method: "POST", path: "sys/capabilities-self", body: { paths: ["secret/"] } },
    { what: "the mounts", method: "GET", path: "sys/mounts" },
  ];
}

/** Spellings of another's entry that a careless match would take for the own one. */
export function spellings(user: string, other: string): readonly Attempt[] {
  const data = `secret/data/${PREFIX}`;
  const paths = [
    `${data}/${user}/../${other}`,
    `${data}/${user}/%2e%2e/${other}`,
    `${data}/${user}%2f..%2f${other}`,
    `${data}//${other}`,
    `${data}/./${other}`,
    `${data}/${other}/`,
    `${data}/${other.toUpperCase()}`,
    `${data}/${user}/${other}`,
    `${data}/${user}x`,
    `${data}/${user}*`,
    `${data}/+`,
    `${data}/*`,
  ];
  return paths.flatMap((path) => [
    { what: `read of ${path}`, method: "GET", path } as const,
    { what: `write of ${path}`, method: "POST", path, body: content } as const,
  ]);
}

/** Those of `attempts` that were not answered with 403, each as "what: status". */
export async function notForbidden(
  environment: DevEnvironment,
  token: string,
  attempts: readonly Attempt[],
): Promise<readonly string[]> {
  const answered = await Promise.all(
    attempts.map(async ({ what, ...call }) => ({ what, ...(await askVault(environment, token, call)) })),
  );
  return answered.flatMap(({ what, status }) => (status === 403 ? [] : [`${what}: ${status}`]));
}

/** Those of the own operations whose answer is not the one that it must be, each as "what: status". */
export async function unexpectedOnOwn(
  environment: DevEnvironment,
  token: string,
  user: string,
): Promise<readonly string[]> {
  const answered = await Promise.all(
    operationsOn(user).map(async ({ what, ...call }) => {
      const { status } = await askVault(environment, token, call);
      return { what, status, right: (OWN[what] ?? [403]).includes(status) };
    }),
  );
  return answered.flatMap(({ what, status, right }) => (right ? [] : [`${what}: ${status}`]));
}

const paths = z.record(z.string(), z.object({ capabilities: z.array(z.string()) }));
const resultantAcl = z.object({
  data: z.object({ exact_paths: paths, glob_paths: paths, root: z.boolean() }),
});

/** Where Vault tells a token what its policies come to, once parsed. */
const ACL = "sys/internal/ui/resultant-acl";

/**
 * A policy as Vault itself has understood it: path to capabilities, both sorted. A throw-away token holds it beside the
 * right to ask this, for a user's own token may not.
 */
export async function parsedPolicy(
  environment: DevEnvironment,
  policy: string,
): Promise<z.infer<typeof resultantAcl>["data"]> {
  const look = "claude-fleet-e2e-look";
  const lookText = `path "${ACL}" { capabilities = ["read"] }`;
  const none = z.unknown();
  await asAdmin(
    environment,
    { method: "POST", path: `sys/policies/acl/${look}`, body: { policy: lookText } },
    none,
  );
  try {
    const body = { policies: [policy, look], no_default_policy: true, ttl: "10m" };
    const { auth } = await asAdmin(
      environment,
      { method: "POST", path: "auth/token/create", body },
      z.object({ auth: z.object({ client_token: z.string(), policies: z.array(z.string()) }) }),
    );
    const { status, body: acl } = await askVault(environment, auth.client_token, {
      method: "GET",
      path: ACL,
    });
    await askVault(environment, environment.vault.token, {
      method: "POST",
      path: "auth/token/revoke",
      body: { token: auth.client_token },
    });
    if (status !== 200) throw new Error(`Vault does not say what ${policy} comes to: ${status}`);
    const { data } = resultantAcl.parse(acl);
    const exact = Object.entries(data.exact_paths).filter(([path]) => path !== ACL);
    return { ...data, exact_paths: Object.fromEntries(exact) };
  } finally {
    await asAdmin(environment, { method: "DELETE", path: `sys/policies/acl/${look}` }, none);
  }
}
