/** The calls of Vault's HTTP API that claude-fleet makes. OpenBao's API is the same. */
import * as z from "zod";
import { callVault } from "./vault-call.ts";
import type { VaultServer } from "./vault-http.ts";
import {
  entryMetadata,
  kvEntry,
  toEntryMetadata,
  toKvEntry,
  type EntryMetadata,
  type KvEntry,
} from "./vault-kv-schema.ts";
import { mapOk, type VaultResult } from "./vault-result.ts";
import {
  tokenInfo,
  tokenRole,
  toTokenInfo,
  toTokenRole,
  type TokenInfo,
  type TokenRole,
  type WrappedToken,
} from "./vault-token-schema.ts";

const lookup = z.object({ data: tokenInfo });

/** A client of one server with one token. No call rejects. */
export class VaultClient {
  readonly #server: VaultServer;

  constructor(server: VaultServer) {
    this.#server = server;
  }

  #get<T>(path: string, shape: z.ZodType<T>, accept?: number): Promise<VaultResult<T>> {
    return callVault(this.#server, { method: "GET", path }, shape, accept);
  }

  #post<T>(path: string, body: unknown, shape: z.ZodType<T>, wrapSeconds?: number): Promise<VaultResult<T>> {
    const wrap = wrapSeconds === undefined ? {} : { wrapSeconds };
    return callVault(this.#server, { method: "POST", path, body, ...wrap }, shape);
  }

  /** Asks whether the server serves requests. A standby is `ok`, too, because it passes requests on. */
  async health(): Promise<VaultResult<{ readonly version: string }>> {
    const path = "sys/health?standbyok=true&perfstandbyok=true";
    const shape = z.object({ version: z.string().default("") });
    const result = await callVault(this.#server, { method: "GET", path, namespaced: false }, shape);
    if (result.kind !== "failed") return result;
    // sys/health answers 501 when not initialised and 503 when sealed, both without a list of errors.
    return result.status === 503 || result.status === 501 ? { kind: "sealed" } : result;
  }

  async lookupSelf(): Promise<VaultResult<TokenInfo>> {
    const answer = await this.#get("auth/token/lookup-self", lookup);
    return mapOk(answer, ({ data }) => toTokenInfo(data));
  }

  /**
   * Looks a token up by its accessor. An accessor without a token is `notFound`. So is the accessor of a token whose
   * creation was interrupted: Vault answers 403 for it, as it does for a client that may not ask.
   * Source: `handleLookup` in https://github.com/openbao/openbao/blob/v2.6.2/vault/token_store.go
   */
  async lookupAccessor(accessor: string): Promise<VaultResult<TokenInfo>> {
    const path = "auth/token/lookup-accessor";
    const answer = unknownAccessor(await this.#post(path, { accessor }, lookup));
    if (answer.kind === "forbidden" && (await this.#may("update", path)))
      return { kind: "notFound", version: 0 };
    return mapOk(answer, ({ data }) => toTokenInfo(data));
  }

  /** Asks whether the policies of this token allow `capability` on `path`; false when that cannot be asked. */
  async #may(capability: string, path: string): Promise<boolean> {
    const answer = await this.#post(
      "sys/capabilities-self",
      { paths: [path] },
      z.object({ data: z.object({ capabilities: z.array(z.string()) }) }),
    );
    if (answer.kind !== "ok") return false;
    const { capabilities } = answer.value.data;
    return capabilities.includes(capability) || capabilities.includes("root");
  }

  /** Revokes the token with this accessor. An accessor without a token is `notFound`. */
  async revokeAccessor(accessor: string): Promise<VaultResult<undefined>> {
    const answer = await this.#post("auth/token/revoke-accessor", { accessor }, z.unknown());
    return mapOk(unknownAccessor(answer), () => undefined);
  }

  /** Lists the accessors of all tokens of the namespace. Needs `sudo` and `list` on `auth/token/accessors`. */
  async listAccessors(): Promise<VaultResult<readonly string[]>> {
    const shape = z.object({ data: z.object({ keys: z.array(z.string()) }) });
    const answer = await this.#get("auth/token/accessors?list=true", shape);
    return mapOk(answer, ({ data }) => data.keys);
  }

  /** Logs in with a signed identity token. @returns a Vault token */
  async logInByJwt(role: string, jwt: string): Promise<VaultResult<string>> {
    const shape = z.object({ auth: z.object({ client_token: z.string().min(1) }) });
    const answer = await this.#post("auth/jwt/login", { role, jwt }, shape);
    return mapOk(answer, ({ auth }) => auth.client_token);
  }

  async revokeSelf(): Promise<VaultResult<undefined>> {
    const answer = await this.#post("auth/token/revoke-self", {}, z.unknown());
    return mapOk(answer, () => undefined);
  }

  /** Renews this token. @returns the seconds that it lives from now on */
  async renewSelf(): Promise<VaultResult<number>> {
    const shape = z.object({ auth: z.object({ lease_duration: z.number() }) });
    const answer = await this.#post("auth/token/renew-self", {}, shape);
    return mapOk(answer, ({ auth }) => auth.lease_duration);
  }

  /** Mints a token from a token role, wrapped for `wrapSeconds`. */
  async createWrapped(
    role: string,
    token: {
      readonly displayName: string;
      readonly policies: readonly string[];
      readonly meta: Readonly<Record<string, string>>;
    },
    wrapSeconds: number,
  ): Promise<VaultResult<WrappedToken>> {
    const shape = z.object({
      wrap_info: z.object({ token: z.string().min(1), wrapped_accessor: z.string().min(1) }),
    });
    const body = { display_name: token.displayName, policies: token.policies, meta: token.meta };
    const answer = await this.#post(`auth/token/create/${role}`, body, shape, wrapSeconds);
    return mapOk(answer, ({ wrap_info: wrap }) => ({
      wrappedToken: wrap.token,
      wrappedAccessor: wrap.wrapped_accessor,
    }));
  }

  /** Unwraps the token in the wrapping token that this client has. A used or expired wrapping token is `failed` with 400. */
  async unwrap(): Promise<VaultResult<{ readonly token: string; readonly accessor: string }>> {
    const shape = z.object({
      auth: z.object({ client_token: z.string().min(1), accessor: z.string().min(1) }),
    });
    const answer = await this.#post("sys/wrapping/unwrap", {}, shape);
    return mapOk(answer, ({ auth }) => ({ token: auth.client_token, accessor: auth.accessor }));
  }

  /** Reads the newest version of an entry. @param dataPath `<mount>/data/<path>` */
  async kvRead(dataPath: string): Promise<VaultResult<KvEntry>> {
    // Vault answers 404 for an entry whose newest version is deleted, with that version's metadata.
    const answer = await this.#get(dataPath, kvEntry, 404);
    return answer.kind === "ok" ? toKvEntry(answer.value) : answer;
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
    const shape = z.object({ data: z.object({ version: z.number() }) });
    const body = { data, options: { cas } };
    const answer = await this.#post(dataPath, body, shape);
    if (answer.kind === "failed" && answer.status === 400 && /check-and-set/i.test(answer.why)) {
      return { kind: "conflict" };
    }
    return mapOk(answer, (value) => value.data.version);
  }

  /** Reads the metadata of an entry. @param metadataPath `<mount>/metadata/<path>` */
  async kvMetadata(metadataPath: string): Promise<VaultResult<EntryMetadata>> {
    const answer = await this.#get(metadataPath, entryMetadata);
    return mapOk(answer, toEntryMetadata);
  }

  /** Destroys an entry: all versions and their metadata. A missing entry is `ok`. @param metadataPath `<mount>/metadata/<path>` */
  async kvDestroy(metadataPath: string): Promise<VaultResult<undefined>> {
    const answer = await callVault(this.#server, { method: "DELETE", path: metadataPath }, z.unknown());
    return mapOk(answer, () => undefined);
  }

  async tokenRole(role: string): Promise<VaultResult<TokenRole>> {
    const answer = await this.#get(`auth/token/roles/${role}`, tokenRole);
    return mapOk(answer, toTokenRole);
  }

  /** Reads the text of an ACL policy. */
  async policyText(name: string): Promise<VaultResult<string>> {
    const shape = z.object({ data: z.object({ policy: z.string() }) });
    const answer = await this.#get(`sys/policies/acl/${name}`, shape);
    return mapOk(answer, ({ data }) => data.policy);
  }
}

/** Reads "invalid accessor" as `notFound`: OpenBao and newer Vaults answer so, with 400 or 403, for an accessor without a token. */
function unknownAccessor<T>(result: VaultResult<T>): VaultResult<T> {
  const gone =
    (result.kind === "failed" || result.kind === "forbidden") && /invalid accessor/i.test(result.why);
  return gone ? { kind: "notFound", version: 0 } : result;
}
