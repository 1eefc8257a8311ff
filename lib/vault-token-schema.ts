/** Tokens and token roles as Vault describes them. */
import * as z from "zod";

const texts = z.array(z.string()).nullish();

/** Reads a token's description, which never holds the token itself. */
export const tokenInfo = z
  .object({
    accessor: z.string(),
    policies: z.array(z.string()),
    identity_policies: texts,
    orphan: z.boolean().default(false),
    period: z.union([z.number(), z.string()]).nullish(),
    explicit_max_ttl: z.number().nullish(),
    role: z.string().nullish(),
    ttl: z.number(),
    creation_time: z.number().nullish(),
    expire_time: z.string().nullish(),
    bound_cidrs: texts,
    meta: z.record(z.string(), z.string()).nullish(),
  })
  .transform((data) => ({
    accessor: data.accessor,
    /** Own and identity policies together, sorted. */
    policies: [...new Set([...data.policies, ...(data.identity_policies ?? [])])].sort(),
    orphan: data.orphan,
    /** Period in seconds; 0 when the token has no period of its own. A token of a role has the role's period. */
    periodSeconds: Number(data.period ?? 0) || 0,
    /** Seconds after which it ends however often it is renewed; 0 for never. */
    maxTtlSeconds: data.explicit_max_ttl ?? 0,
    /** The token role that created it; empty for none. */
    role: data.role ?? "",
    ttlSeconds: data.ttl,
    /** Seconds since its creation, by Vault's clock; undefined when Vault does not say. */
    ageSeconds: ageOf(data.creation_time, data.expire_time, data.ttl),
    /** Networks from which Vault accepts it, sorted, as Vault writes them; empty for all networks. */
    boundCidrs: (data.bound_cidrs ?? []).toSorted(),
    meta: data.meta ?? {},
  }));
export type TokenInfo = Readonly<z.infer<typeof tokenInfo>>;

/** Computes the age from Vault's own times: the moment of the answer is the token's end minus its remaining seconds. */
function ageOf(created: number | null | undefined, expires: string | null | undefined, ttl: number) {
  const end = Date.parse(expires ?? "") / 1000;
  return typeof created === "number" && Number.isFinite(end) ? end - ttl - created : undefined;
}

/** Reads everything of a token role that decides what its tokens are. Older servers leave `token_` out of some names. */
export const tokenRole = z
  .object({
    path_suffix: z.string().nullish(),
    allowed_policies_glob: texts,
    allowed_policies: texts,
    orphan: z.boolean().nullish(),
    renewable: z.boolean().nullish(),
    token_no_default_policy: z.boolean().nullish(),
    token_period: z.number().nullish(),
    period: z.number().nullish(),
    token_explicit_max_ttl: z.number().nullish(),
    explicit_max_ttl: z.number().nullish(),
    token_type: z.string().nullish(),
    token_bound_cidrs: texts,
    bound_cidrs: texts,
  })
  .transform((data) => ({
    /** The last part of its tokens' path; empty for none. */
    pathSuffix: data.path_suffix ?? "",
    /** Sorted, as is every list here. */
    policyGlobs: (data.allowed_policies_glob ?? []).toSorted(),
    policies: (data.allowed_policies ?? []).toSorted(),
    orphan: data.orphan ?? false,
    renewable: data.renewable ?? false,
    noDefaultPolicy: data.token_no_default_policy ?? false,
    /** Period in seconds; 0 for none. The same holds for the longest life. */
    periodSeconds: data.token_period ?? data.period ?? 0,
    maxTtlSeconds: data.token_explicit_max_ttl ?? data.explicit_max_ttl ?? 0,
    /** Such as `service`, `batch` or `default-service`. */
    type: data.token_type ?? "",
    /** Networks to which its tokens are bound; empty for none. */
    boundCidrs: (data.token_bound_cidrs ?? data.bound_cidrs ?? []).toSorted(),
  }));
export type TokenRole = Readonly<z.infer<typeof tokenRole>>;

/** A wrapped token, which can be unwrapped once. */
export interface WrappedToken {
  readonly wrappedToken: string;
  /** The accessor of the token inside. */
  readonly wrappedAccessor: string;
}
