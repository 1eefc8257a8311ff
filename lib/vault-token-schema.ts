/** Tokens and token roles as Vault describes them. */
import * as z from "zod";

/** A token, in Vault's own words. */
export const tokenInfo = z.object({
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

/** A token role, in Vault's own words. Older servers name period, longest life and networks without `token_`. */
export const tokenRole = z.object({
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

/** Describes a token. Never holds the token itself. */
export interface TokenInfo {
  readonly accessor: string;
  /** Own and identity policies together, sorted. */
  readonly policies: readonly string[];
  readonly orphan: boolean;
  /** Period in seconds; 0 when the token has no period of its own. A token of a role has the role's period. */
  readonly periodSeconds: number;
  /** Seconds after which it ends however often it is renewed; 0 for never. */
  readonly maxTtlSeconds: number;
  /** The token role that created it; empty for none. */
  readonly role: string;
  readonly ttlSeconds: number;
  /** Seconds since its creation, by Vault's clock; undefined when Vault does not say. */
  readonly ageSeconds: number | undefined;
  /** Networks from which Vault accepts it, sorted, as Vault writes them; empty for all networks. */
  readonly boundCidrs: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
}

/** Describes a token role: everything that decides what its tokens are. */
export interface TokenRole {
  /** The last part of its tokens' path; empty for none. */
  readonly pathSuffix: string;
  /** Sorted. */
  readonly policyGlobs: readonly string[];
  readonly policies: readonly string[];
  readonly orphan: boolean;
  readonly renewable: boolean;
  readonly noDefaultPolicy: boolean;
  /** Period in seconds; 0 for none. The same holds for the longest life. */
  readonly periodSeconds: number;
  readonly maxTtlSeconds: number;
  /** Such as `service`, `batch` or `default-service`. */
  readonly type: string;
  /** Networks to which its tokens are bound, sorted; empty for none. */
  readonly boundCidrs: readonly string[];
}

/** A wrapped token, which can be unwrapped once. */
export interface WrappedToken {
  readonly wrappedToken: string;
  /** The accessor of the token inside. */
  readonly wrappedAccessor: string;
}

/** Reads a token's description. */
export function toTokenInfo(data: z.infer<typeof tokenInfo>): TokenInfo {
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

/** Computes the age from Vault's own times: the moment of the answer is the token's end minus its remaining seconds. */
function ageOf({ creation_time, expire_time, ttl }: z.infer<typeof tokenInfo>): number | undefined {
  const end = Date.parse(expire_time ?? "") / 1000;
  return typeof creation_time === "number" && Number.isFinite(end) ? end - ttl - creation_time : undefined;
}

/** Reads a token role's description. */
export function toTokenRole({ data }: z.infer<typeof tokenRole>): TokenRole {
  return {
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
  };
}
