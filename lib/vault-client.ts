/** The calls of Vault's HTTP API (OpenBao's is the same) that claude-fleet makes, with an honest result each. */
import * as z from "zod";
import { vaultRequest, type VaultRequest, type VaultServer } from "./vault-http.ts";
import { failureOf, mapOk, type VaultResult } from "./vault-result.ts";
import {
  tokenInfo,
  tokenRole,
  toTokenInfo,
  toTokenRole,
  type TokenInfo,
  type TokenRole,
  type WrappedToken,
} from "./vault-token.ts";

/** Metadata of an entry of a KV version 2 mount. */
export interface EntryMetadata {
  /** RFC 3339; of the entry, which a destroyed one does not share with its successor. */
  readonly createdAt: string;
  /** 0: as the mount has it. */
  readonly maxVersions: number;
  /** How long a version is kept, as Vault prints it; `0s`: for ever. */
  readonly deleteAfter: string;
  readonly custom: Readonly<Record<string, string>>;
}

/** One entry of a KV version 2 mount. */
export interface KvEntry {
  readonly data: Readonly<Record<string, unknown>>;
  readonly version: number;
}

/** Client of one server with one token. No call rejects. */
export class VaultClient {
  readonly #server: VaultServer;

  constructor(server: VaultServer) {
    this.#server = server;
  }

  /** Whether the server serves requests: `ok` also for a standby, which passes them on. */
  async health(): Promise<VaultResult<{ readonly version: string }>> {
    const path = "sys/health?standbyok=true&perfstandbyok=true";
    const shape = z.object({ version: z.string().default("") });
    const result = await this.#call({ method: "GET", path, namespaced: false }, shape);
    if (result.kind !== "failed") return result;
    // sys/health answers 501 when not initialised and 503 when sealed, both without a list of errors.
    return result.status === 503 || result.status === 501 ? { kind: "sealed" } : result;
  }

  async lookupSelf(): Promise<VaultResult<TokenInfo>> {
    const answer = await this.#call(
      { method: "GET", path: "auth/token/lookup-self" },
      z.object({ data: tokenInfo }),
    );
    return mapOk(answer, ({ data }) => toTokenInfo(data));
  }

  /**
   * What a token is, by its accessor. An accessor that nobody has (any more) is `notFound`; so is one whose token was
   * never finished, as by a killed client: Vault answers 403 to it, which it also does to who may not ask at all.
   * Source: `handleLookup` in https://github.com/openbao/openbao/blob/v2.6.2/vault/token_store.go
   */
  async lookupAccessor(accessor: string): Promise<VaultResult<TokenInfo>> {
    const path = "auth/token/lookup-accessor";
    const answer = unknownAccessor(
      await this.#call({ method: "POST", path, body: { accessor } }, z.object({ data: tokenInfo })),
    );
    if (answer.kind === "forbidden" && (await this.#may("update", path)))
      return { kind: "notFound", version: 0 };
    return mapOk(answer, ({ data }) => toTokenInfo(data));
  }

  /** Whether this token's policies allow it; false where that cannot be asked. */
  async #may(capability: string, path: string): Promise<boolean> {
    const answer = await this.#call(
      { method: "POST", path: "sys/capabilities-self", body: { paths: [path] } },
      z.object({ data: z.object({ capabilities: z.array(z.string()) }) }),
    );
    if (answer.kind !== "ok") return false;
    const { capabilities } = answer.value.data;
    return capabilities.includes(capability) || capabilities.includes("root");
  }

  /** Revokes the token with this accessor; one that is gone already is `notFound`. */
  async revokeAccessor(accessor: string): Promise<VaultResult<undefined>> {
    const answer = await this.#call(
      { method: "POST", path: "auth/token/revoke-accessor", body: { accessor } },
      z.unknown(),
    );
    return mapOk(unknownAccessor(answer), () => undefined);
  }

  /** Accessors of all tokens of the namespace; needs `sudo` and `list` on `auth/token/accessors`. */
  async listAccessors(): Promise<VaultResult<readonly string[]>> {
    const shape = z.object({ data: z.object({ keys: z.array(z.string()) }) });
    const answer = await this.#call({ method: "GET", path: "auth/token/accessors?list=true" }, shape);
    return mapOk(answer, ({ data }) => data.keys);
  }

  /** Logs in with a signed statement of who this is. @returns the token */
  async logInByJwt(role: string, jwt: string): Promise<VaultResult<string>> {
    const shape = z.object({ auth: z.object({ client_token: z.string().min(1) }) });
    const body = { role, jwt };
    const answer = await this.#call({ method: "POST", path: "auth/jwt/login", body }, shape);
    return mapOk(answer, ({ auth }) => auth.client_token);
  }

  async revokeSelf(): Promise<VaultResult<undefined>> {
    const answer = await this.#call(
      { method: "POST", path: "auth/token/revoke-self", body: {} },
      z.unknown(),
    );
    return mapOk(answer, () => undefined);
  }

  /** @returns seconds that the token lives from now on */
  async renewSelf(): Promise<VaultResult<number>> {
    const shape = z.object({ auth: z.object({ lease_duration: z.number() }) });
    const answer = await this.#call({ method: "POST", path: "auth/token/renew-self", body: {} }, shape);
    return mapOk(answer, ({ auth }) => auth.lease_duration);
  }

  /** Mints a token from a token role, and has it wrapped for `wrapSeconds`. */
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
    const { displayName, policies, meta } = token;
    const body = { display_name: displayName, policies, meta };
    const answer = await this.#call(
      { method: "POST", path: `auth/token/create/${role}`, body, wrapSeconds },
      shape,
    );
    return mapOk(answer, ({ wrap_info: wrap }) => ({
      wrappedToken: wrap.token,
      wrappedAccessor: wrap.wrapped_accessor,
    }));
  }

  /** Unwraps the wrapping token that this client was made with. A spent or expired one is `failed` with 400. */
  async unwrap(): Promise<VaultResult<{ readonly token: string; readonly accessor: string }>> {
    const shape = z.object({
      auth: z.object({ client_token: z.string().min(1), accessor: z.string().min(1) }),
    });
    const answer = await this.#call({ method: "POST", path: "sys/wrapping/unwrap", body: {} }, shape);
    return mapOk(answer, ({ auth }) => ({ token: auth.client_token, accessor: auth.accessor }));
  }

  /** The newest version of an entry. @param dataPath `<mount>/data/<path>` */
  async kvRead(dataPath: string): Promise<VaultResult<KvEntry>> {
    const metadata = z.object({ version: z.number() });
    const shape = z.object({
      data: z.object({ data: z.record(z.string(), z.unknown()).nullable(), metadata }),
    });
    // An entry whose newest version is deleted answers 404, with that version's metadata.
    const answer = await this.#call({ method: "GET", path: dataPath }, shape, { accept: 404 });
    if (answer.kind !== "ok") return answer;
    const { data, metadata: entry } = answer.value.data;
    if (data === null) return { kind: "notFound", version: entry.version };
    return { kind: "ok", value: { data, version: entry.version } };
  }

  /**
   * Writes a new version if the newest is `cas` (0: if there has never been one).
   * @returns the new version; `conflict` when another writer was faster
   */
  async kvWrite(
    dataPath: string,
    data: Readonly<Record<string, unknown>>,
    cas: number,
  ): Promise<VaultResult<number>> {
    const shape = z.object({ data: z.object({ version: z.number() }) });
    const body = { data, options: { cas } };
    const answer = await this.#call({ method: "POST", path: dataPath, body }, shape);
    if (answer.kind === "failed" && answer.status === 400 && /check-and-set/i.test(answer.why)) {
      return { kind: "conflict" };
    }
    return mapOk(answer, (value) => value.data.version);
  }

  /** Metadata of an entry. @param metadataPath `<mount>/metadata/<path>` */
  async kvMetadata(metadataPath: string): Promise<VaultResult<EntryMetadata>> {
    const shape = z.object({
      data: z.object({
        created_time: z.string().nullish(),
        max_versions: z.number().nullish(),
        delete_version_after: z.string().nullish(),
        custom_metadata: z.record(z.string(), z.string()).nullish(),
      }),
    });
    const answer = await this.#call({ method: "GET", path: metadataPath }, shape);
    return mapOk(answer, ({ data }) => ({
      createdAt: data.created_time ?? "",
      maxVersions: data.max_versions ?? 0,
      deleteAfter: data.delete_version_after ?? "0s",
      custom: data.custom_metadata ?? {},
    }));
  }

  /** Destroys an entry: all versions and their metadata. One that is not there is fine. @param metadataPath as above */
  async kvDestroy(metadataPath: string): Promise<VaultResult<undefined>> {
    const answer = await this.#call({ method: "DELETE", path: metadataPath }, z.unknown());
    return mapOk(answer, () => undefined);
  }

  async tokenRole(role: string): Promise<VaultResult<TokenRole>> {
    const answer = await this.#call({ method: "GET", path: `auth/token/roles/${role}` }, tokenRole);
    return mapOk(answer, toTokenRole);
  }

  /** Text of an ACL policy. */
  async policyText(name: string): Promise<VaultResult<string>> {
    const shape = z.object({ data: z.object({ policy: z.string() }) });
    const answer = await this.#call({ method: "GET", path: `sys/policies/acl/${name}` }, shape);
    return mapOk(answer, ({ data }) => data.policy);
  }

  async #call<T>(
    request: VaultRequest,
    shape: z.ZodType<T>,
    also: { readonly accept?: number } = {},
  ): Promise<VaultResult<T>> {
    const answer = await vaultRequest(this.#server, request);
    if (answer.kind === "none") return { kind: "unreachable", why: answer.why };
    const { status, body } = answer;
    const good = status >= 200 && status < 300;
    if (good || status === also.accept) {
      const parsed = shape.safeParse(body);
      if (parsed.success) return { kind: "ok", value: parsed.data };
      if (good)
        return { kind: "failed", status, why: "the answer has another shape than Vault's API documents" };
    }
    return failureOf(status, body, this.#server.token);
  }
}

/** OpenBao and newer Vaults answer 400 or 403 with "invalid accessor" for an accessor that nobody has. */
function unknownAccessor<T>(result: VaultResult<T>): VaultResult<T> {
  const gone =
    (result.kind === "failed" || result.kind === "forbidden") && /invalid accessor/i.test(result.why);
  return gone ? { kind: "notFound", version: 0 } : result;
}
