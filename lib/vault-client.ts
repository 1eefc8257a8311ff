/** The calls of Vault's HTTP API (OpenBao's is the same) that claude-fleet makes, with an honest result each. */
import { z } from "zod";
import { plainText } from "./expected-error.ts";
import { vaultRequest, type VaultRequest, type VaultServer } from "./vault-http.ts";

/**
 * What Vault's silence or refusal means. Only `notFound` says that something is not there; after `sealed`,
 * `unreachable` and `failed` nothing may be concluded. Texts are safe to print: they never hold a token.
 */
export type VaultFailure =
  /** A real 404. `version` is that of a deleted KV entry, which a check-and-set write must name; else 0. */
  | { readonly kind: "notFound"; readonly version: number }
  /** 403: the token is dead, or its policies do not allow it. */
  | { readonly kind: "forbidden"; readonly why: string }
  /** A check-and-set write met another version than the one it named. */
  | { readonly kind: "conflict" }
  | { readonly kind: "sealed" }
  | { readonly kind: "unreachable"; readonly why: string }
  | { readonly kind: "failed"; readonly status: number; readonly why: string };

export type VaultResult<T> = { readonly kind: "ok"; readonly value: T } | VaultFailure;

const errorBody = z.object({ errors: z.array(z.string()) });

const tokenInfo = z.object({
  accessor: z.string(),
  policies: z.array(z.string()),
  identity_policies: z.array(z.string()).nullish(),
  orphan: z.boolean().optional(),
  period: z.union([z.number(), z.string()]).nullish(),
  explicit_max_ttl: z.number().nullish(),
  role: z.string().nullish(),
  ttl: z.number(),
  creation_time: z.number().nullish(),
  expire_time: z.string().nullish(),
  bound_cidrs: z.array(z.string()).nullish(),
  meta: z.record(z.string(), z.string()).nullish(),
});

/** Older servers name period, longest life and networks without `token_`. */
const tokenRole = z.object({
  data: z.object({
    path_suffix: z.string().nullish(),
    allowed_policies_glob: z.array(z.string()).nullish(),
    allowed_policies: z.array(z.string()).nullish(),
    orphan: z.boolean().nullish(),
    renewable: z.boolean().nullish(),
    token_no_default_policy: z.boolean().nullish(),
    token_period: z.number().nullish(),
    period: z.number().nullish(),
    token_explicit_max_ttl: z.number().nullish(),
    explicit_max_ttl: z.number().nullish(),
    token_type: z.string().nullish(),
    token_bound_cidrs: z.array(z.string()).nullish(),
    bound_cidrs: z.array(z.string()).nullish(),
  }),
});

/** A token as `lookup` describes it. Never holds the token itself. */
export interface TokenInfo {
  readonly accessor: string;
  /** Own and identity policies together, sorted. */
  readonly policies: readonly string[];
  readonly orphan: boolean;
  /** Seconds; 0 when the token carries no period of its own: one made by a role has its role's. */
  readonly periodSeconds: number;
  /** Seconds after which it ends however often it is renewed; 0 when it does not. */
  readonly maxTtlSeconds: number;
  /** Token role that made it; empty when none did. */
  readonly role: string;
  readonly ttlSeconds: number;
  /** Seconds since it was made, by Vault's own clock; undefined where Vault does not tell. */
  readonly ageSeconds: number | undefined;
  /** Networks from which Vault takes it, sorted, as Vault writes them; empty: from everywhere. */
  readonly boundCidrs: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
}

/** A token role, as far as it decides what its tokens are. */
export interface TokenRole {
  /** Last part of the path by which its tokens are known; empty when it has none. */
  readonly pathSuffix: string;
  /** Sorted, as the policies. */
  readonly policyGlobs: readonly string[];
  readonly policies: readonly string[];
  readonly orphan: boolean;
  readonly renewable: boolean;
  readonly noDefaultPolicy: boolean;
  /** Seconds, as the other one; 0: none. */
  readonly periodSeconds: number;
  readonly maxTtlSeconds: number;
  /** `service`, `batch` or `default-service`, … */
  readonly type: string;
  /** Networks to which its tokens are bound, sorted; empty: to none. */
  readonly boundCidrs: readonly string[];
}

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

/** A token that waits, wrapped, to be unwrapped once. */
export interface WrappedToken {
  readonly wrappedToken: string;
  /** Accessor of the token inside. */
  readonly wrappedAccessor: string;
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
    return mapOk(answer, ({ data }) => ({
      pathSuffix: data.path_suffix ?? "",
      policyGlobs: (data.allowed_policies_glob ?? []).toSorted(),
      policies: (data.allowed_policies ?? []).toSorted(),
      orphan: data.orphan ?? false,
      renewable: data.renewable ?? false,
      noDefaultPolicy: data.token_no_default_policy ?? false,
      periodSeconds: data.token_period ?? data.period ?? 0,
      maxTtlSeconds: data.token_explicit_max_ttl ?? data.explicit_max_ttl ?? 0,
      type: data.token_type ?? "",
      boundCidrs: (data.token_bound_cidrs ?? data.bound_cidrs ?? []).toSorted(),
    }));
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

function failureOf(status: number, body: unknown, token: string | undefined): VaultFailure {
  const parsed = errorBody.safeParse(body);
  const errors = parsed.success ? parsed.data.errors : [];
  const why = safeText(errors.join("; ") || "no reason was given", token);
  if (status === 403) return { kind: "forbidden", why };
  if (status === 503 && /sealed/i.test(why)) return { kind: "sealed" };
  // A real "not there" carries an empty list of errors; a missing mount or a proxy's page does not.
  if (status === 404 && parsed.success && errors.length === 0) return { kind: "notFound", version: 0 };
  return { kind: "failed", status, why };
}

/** OpenBao and newer Vaults answer 400 or 403 with "invalid accessor" for an accessor that nobody has. */
function unknownAccessor<T>(result: VaultResult<T>): VaultResult<T> {
  const gone =
    (result.kind === "failed" || result.kind === "forbidden") && /invalid accessor/i.test(result.why);
  return gone ? { kind: "notFound", version: 0 } : result;
}

function safeText(text: string, token: string | undefined): string {
  const withoutOwn = token ? text.replaceAll(token, "<token>") : text;
  return plainText(withoutOwn.replace(/\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}/g, "<token>"), 300);
}

function toTokenInfo(data: z.infer<typeof tokenInfo>): TokenInfo {
  const period = Number(data.period ?? 0);
  return {
    accessor: data.accessor,
    policies: [...new Set([...data.policies, ...(data.identity_policies ?? [])])].sort(),
    orphan: data.orphan ?? false,
    periodSeconds: Number.isFinite(period) ? period : 0,
    maxTtlSeconds: data.explicit_max_ttl ?? 0,
    role: data.role ?? "",
    ttlSeconds: data.ttl,
    ageSeconds: ageOf(data),
    boundCidrs: (data.bound_cidrs ?? []).toSorted(),
    meta: data.meta ?? {},
  };
}

/** The moment of the answer is the token's end less what is left of it, so that no other clock has a say. */
function ageOf({ creation_time, expire_time, ttl }: z.infer<typeof tokenInfo>): number | undefined {
  const end = Date.parse(expire_time ?? "") / 1000;
  return typeof creation_time === "number" && Number.isFinite(end) ? end - ttl - creation_time : undefined;
}

function mapOk<T, U>(result: VaultResult<T>, map: (value: T) => U): VaultResult<U> {
  return result.kind === "ok" ? { kind: "ok", value: map(result.value) } : result;
}

/** A failure as a clause for a sentence: "Vault …". */
export function describeFailure(failure: VaultFailure): string {
  switch (failure.kind) {
    case "notFound":
      return "has no such entry";
    case "forbidden":
      return `answered 403 (${failure.why})`;
    case "conflict":
      return "holds a newer version than the one read";
    case "sealed":
      return "is sealed or not initialised";
    case "unreachable":
      return `cannot be reached (${failure.why})`;
    case "failed":
      return `answered ${failure.status} (${failure.why})`;
  }
}
