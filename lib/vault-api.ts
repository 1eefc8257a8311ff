/** The calls of Vault's HTTP API that claude-fleet makes. OpenBao's API is the same. */
import * as z from "zod";
import { vaultRequest, type VaultRequest, type VaultServer } from "./vault-http.ts";
import { entryMetadata, kvEntry, type EntryMetadata, type KvEntry } from "./vault-kv-schema.ts";
import { failureOf, type VaultResult } from "./vault-result.ts";
import {
  tokenInfo,
  tokenRole,
  type TokenInfo,
  type TokenRole,
  type WrappedToken,
} from "./vault-token-schema.ts";

/** An answer from which nothing is read. */
const nothing = z.unknown().transform(() => undefined);

/** A client of one server with one token. No call rejects. */
export class VaultClient {
  readonly #server: VaultServer;

  constructor(server: VaultServer) {
    this.#server = server;
  }

  /** Sends one request and reads the answer. @param accept a status beside 2xx whose answer may have the shape, too */
  async #call<T>(request: VaultRequest, shape: z.ZodType<T>, accept?: number): Promise<VaultResult<T>> {
    const answer = await vaultRequest(this.#server, request);
    if (answer.kind === "none") return { kind: "unreachable", why: answer.why };
    const { status, body } = answer;
    const good = status >= 200 && status < 300;
    if (good || status === accept) {
      const parsed = shape.safeParse(body);
      if (parsed.success) return { kind: "ok", value: parsed.data };
      if (good)
        return { kind: "failed", status, why: "the answer has another shape than Vault's API documents" };
    }
    return failureOf(status, body, this.#server.token);
  }

  /** Reads `data` of an answer. */
  #get<T>(path: string, data: z.ZodType<T>, accept?: number): Promise<VaultResult<T>> {
    return this.#call({ method: "GET", path }, within("data", data), accept);
  }

  #post<T>(path: string, body: unknown, shape: z.ZodType<T>): Promise<VaultResult<T>> {
    return this.#call({ method: "POST", path, body }, shape);
  }

  /** Asks whether the server serves requests. A standby is `ok`, too, because it passes requests on. */
  async health(): Promise<VaultResult<undefined>> {
    const path = "sys/health?standbyok=true&perfstandbyok=true";
    const shape = z.object({}).transform(() => undefined);
    const result = await this.#call({ method: "GET", path, namespaced: false }, shape);
    if (result.kind !== "failed") return result;
    // sys/health answers 501 when not initialised and 503 when sealed, both without a list of errors.
    return result.status === 503 || result.status === 501 ? { kind: "sealed" } : result;
  }

  lookupSelf(): Promise<VaultResult<TokenInfo>> {
    return this.#get("auth/token/lookup-self", tokenInfo);
  }

  /**
   * Looks a token up by its accessor. An accessor without a token is `notFound`. So is the accessor of a token whose
   * creation was interrupted: Vault answers 403 for it, as it does for a client that may not ask.
   * Source: `handleLookup` in https://github.com/openbao/openbao/blob/v2.6.2/vault/token_store.go
   */
  async lookupAccessor(accessor: string): Promise<VaultResult<TokenInfo>> {
    const path = "auth/token/lookup-accessor";
    const answer = unknownAccessor(await this.#post(path, { accessor }, within("data", tokenInfo)));
    if (answer.kind === "forbidden" && (await this.#may("update", path)))
      return { kind: "notFound", version: 0 };
    return answer;
  }

  /** Asks whether the policies of this token allow `capability` on `path`; false when that cannot be asked. */
  async #may(capability: string, path: string): Promise<boolean> {
    const shape = within("data", z.object({ capabilities: z.array(z.string()) }));
    const answer = await this.#post("sys/capabilities-self", { paths: [path] }, shape);
    if (answer.kind !== "ok") return false;
    const { capabilities } = answer.value;
    return capabilities.includes(capability) || capabilities.includes("root");
  }

  /** Revokes the token with this accessor. An accessor without a token is `notFound`. */
  async revokeAccessor(accessor: string): Promise<VaultResult<undefined>> {
    return unknownAccessor(await this.#post("auth/token/revoke-accessor", { accessor }, nothing));
  }

  /** Lists the accessors of all tokens of the namespace. Needs `sudo` and `list` on `auth/token/accessors`. */
  listAccessors(): Promise<VaultResult<readonly string[]>> {
    return this.#get("auth/token/accessors?list=true", within("keys", z.array(z.string())));
  }

  /** Logs in with a signed identity token. @returns a Vault token */
  logInByJwt(role: string, jwt: string): Promise<VaultResult<string>> {
    const shape = within("auth", within("client_token", z.string().min(1)));
    return this.#post("auth/jwt/login", { role, jwt }, shape);
  }

  revokeSelf(): Promise<VaultResult<undefined>> {
    return this.#post("auth/token/revoke-self", {}, nothing);
  }

  /** Renews this token. @returns the seconds that it lives from now on */
  renewSelf(): Promise<VaultResult<number>> {
    return this.#post("auth/token/renew-self", {}, within("auth", within("lease_duration", z.number())));
  }

  /** Mints a token from a token role, wrapped for `wrapSeconds`. */
  createWrapped(
    role: string,
    token: {
      readonly displayName: string;
      readonly policies: readonly string[];
      readonly meta: Readonly<Record<string, string>>;
    },
    wrapSeconds: number,
  ): Promise<VaultResult<WrappedToken>> {
    const wrapped = z
      .object({ token: z.string().min(1), wrapped_accessor: z.string().min(1) })
      .transform((wrap) => ({ wrappedToken: wrap.token, wrappedAccessor: wrap.wrapped_accessor }));
    const body = { display_name: token.displayName, policies: token.policies, meta: token.meta };
    const path = `auth/token/create/${role}`;
    return this.#call({ method: "POST", path, body, wrapSeconds }, within("wrap_info", wrapped));
  }

  /** Unwraps the token in the wrapping token that this client has. A used or expired wrapping token is `failed` with 400. */
  unwrap(): Promise<VaultResult<{ readonly token: string; readonly accessor: string }>> {
    const unwrapped = z
      .object({ client_token: z.string().min(1), accessor: z.string().min(1) })
      .transform((auth) => ({ token: auth.client_token, accessor: auth.accessor }));
    return this.#post("sys/wrapping/unwrap", {}, within("auth", unwrapped));
  }

  /** Reads the newest version of an entry. A deleted one is `notFound`. @param dataPath `<mount>/data/<path>` */
  async kvRead(dataPath: string): Promise<VaultResult<KvEntry>> {
    // Vault answers 404 for an entry whose newest version is deleted, with that version's metadata.
    const answer = await this.#get(dataPath, kvEntry, 404);
    if (answer.kind !== "ok") return answer;
    const { data, version } = answer.value;
    return data === null ? { kind: "notFound", version } : { kind: "ok", value: { data, version } };
  }

  /**
   * Writes a new version if the newest version is `cas`; 0 stands for an entry that has never existed.
   * @returns the new version; `conflict` when another writer was faster
   */
  async kvWrite(
    dataPath: string,
    data: Readonly<Record<string, unknown>>,
    cas: number,
  ): Promise<VaultResult<number>> {
    const shape = within("data", within("version", z.number()));
    const answer = await this.#post(dataPath, { data, options: { cas } }, shape);
    const late = answer.kind === "failed" && answer.status === 400 && /check-and-set/i.test(answer.why);
    return late ? { kind: "conflict" } : answer;
  }

  /** Reads the metadata of an entry. @param metadataPath `<mount>/metadata/<path>` */
  kvMetadata(metadataPath: string): Promise<VaultResult<EntryMetadata>> {
    return this.#get(metadataPath, entryMetadata);
  }

  /** Destroys an entry: all versions and their metadata. A missing entry is `ok`. @param metadataPath `<mount>/metadata/<path>` */
  kvDestroy(metadataPath: string): Promise<VaultResult<undefined>> {
    return this.#call({ method: "DELETE", path: metadataPath }, nothing);
  }

  tokenRole(role: string): Promise<VaultResult<TokenRole>> {
    return this.#get(`auth/token/roles/${role}`, tokenRole);
  }

  /** Reads the text of an ACL policy. */
  policyText(name: string): Promise<VaultResult<string>> {
    return this.#get(`sys/policies/acl/${name}`, within("policy", z.string()));
  }
}

/** Returns the schema of an object from which only `key` is read. */
function within<T>(key: string, shape: z.ZodType<T>): z.ZodType<T> {
  return z.object({ [key]: shape }).transform((found) => found[key] as T);
}

/** Reads "invalid accessor" as `notFound`: OpenBao and newer Vaults answer so, with 400 or 403, for an accessor without a token. */
function unknownAccessor<T>(result: VaultResult<T>): VaultResult<T> {
  const gone =
    (result.kind === "failed" || result.kind === "forbidden") && /invalid accessor/i.test(result.why);
  return gone ? { kind: "notFound", version: 0 } : result;
}
