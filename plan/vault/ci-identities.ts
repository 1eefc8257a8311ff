/**
 * The three identities that CI and operators have in Vault, and how a workflow of a repository logs in as each: one
 * source for the files in ci/vault and for what `claude-fleet ci policies` writes for another fleet.
 */
import { renderPolicy, type PolicyRule } from "./hcl.ts";
import type { VaultPlan } from "../model.ts";

/** Who does what; see docs/ci.md. */
export const IDENTITIES = ["administrator", "deployer", "observer"] as const;
export type Identity = (typeof IDENTITIES)[number];

/** Where a fleet's names in Vault lie. */
export type FleetPlaces = Pick<VaultPlan, "mount" | "prefix" | "role" | "policyGlob">;

/**
 * Name of an identity's policy, and of its role for logging in. It does not begin like the fleet's own policies: the
 * token role could hand it out otherwise.
 */
export function identityName(fleet: string, identity: Identity): string {
  return `ci-${fleet}-${identity}`;
}

/** What every identity needs of its own token, without the `default` policy. */
const OWN_TOKEN: readonly PolicyRule[] = [
  {
    intent: "Let Pulumi's Vault provider look at the token that it was given.",
    path: "auth/token/lookup-self",
    capabilities: ["read"],
  },
  {
    intent: "Let Pulumi's Vault provider work with a child of this token, which dies with it.",
    path: "auth/token/create",
    capabilities: ["update"],
  },
  {
    intent: "Let the run give its token back when it ends.",
    path: "auth/token/revoke-self",
    capabilities: ["update"],
  },
];

/** The policy of an identity, in HCL. */
export function identityPolicy(identity: Identity, places: FleetPlaces): string {
  return renderPolicy(identityRules(identity, places));
}

/** The same as data: each rule, and each capability in it, is needed. */
export function identityRules(identity: Identity, places: FleetPlaces): readonly PolicyRule[] {
  switch (identity) {
    case "administrator":
      return [...keepNames(places), ...OWN_TOKEN];
    case "deployer":
      return [
        ...seeNames(places),
        metadata(places, ["create", "read", "update"]),
        ...tokens(places),
        ...OWN_TOKEN,
      ];
    case "observer":
      return [...seeNames(places), metadata(places, ["read"]), ...OWN_TOKEN];
  }
}

function keepNames({ role, policyGlob }: FleetPlaces): PolicyRule[] {
  return [
    {
      // Vault takes every write of a policy for an update.
      intent: "Keep the policies of the fleet's users.",
      path: `sys/policies/acl/${policyGlob}`,
      capabilities: ["read", "update", "delete"],
    },
    {
      intent: "Keep the role that their tokens are minted from.",
      path: `auth/token/roles/${role}`,
      capabilities: ["create", "read", "update", "delete"],
    },
  ];
}

function seeNames(places: FleetPlaces): PolicyRule[] {
  return keepNames(places).map((rule) => ({
    ...rule,
    intent: rule.intent.replace("Keep", "See"),
    capabilities: ["read"],
  }));
}

function metadata({ mount, prefix }: FleetPlaces, capabilities: PolicyRule["capabilities"]): PolicyRule {
  const what = capabilities.length === 1 ? "See" : "Keep";
  return {
    intent: `${what} how many versions each backup has; the backups themselves lie under data/.`,
    path: `${mount}/metadata/${prefix}/+`,
    capabilities,
  };
}

function tokens({ role }: FleetPlaces): PolicyRule[] {
  return [
    {
      intent:
        "Mint users' tokens, wrapped, so that only the workstation sees one and the audit log shows the rest.",
      path: `auth/token/create/${role}`,
      capabilities: ["update"],
      limits: { min_wrapping_ttl: "1s", max_wrapping_ttl: "300s" },
    },
    {
      intent: "Look whose a token is before it is revoked.",
      path: "auth/token/lookup-accessor",
      capabilities: ["update"],
    },
    {
      intent: "Revoke the tokens of users who left, and those that were not delivered.",
      path: "auth/token/revoke-accessor",
      capabilities: ["update"],
    },
  ];
}

/** What a login as `identity` gets: an administrator's `up` does the deployer's part, too. */
export function identityPolicies(fleet: string, identity: Identity): readonly string[] {
  const all: readonly Identity[] = identity === "administrator" ? ["administrator", "deployer"] : [identity];
  return all.map((one) => identityName(fleet, one));
}

/** The environments of the workflow, each with its identity. */
export const ENVIRONMENTS: Readonly<Record<Identity, string>> = {
  administrator: "claude-fleet-administrator",
  deployer: "claude-fleet-production",
  observer: "claude-fleet-preview",
};

/** Who signs what a workflow says about itself. Source: https://docs.github.com/actions/concepts/security/openid-connect */
export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/** The workflow that may log in, relative to its repository. */
export const WORKFLOW = ".github/workflows/claude-fleet.yml";

/** Audience that the workflow asks GitHub for, so that a token for another service does not log in. */
export const AUDIENCE = "claude-fleet";

/**
 * Role of Vault's JWT method for an identity: this workflow of this repository, on its protected main branch, in the
 * identity's environment. Written to `auth/jwt/role/<identityName>`.
 * Source: https://developer.hashicorp.com/vault/api-docs/auth/jwt#create-update-role
 * @param repository `owner/name`
 */
export function identityRole(fleet: string, identity: Identity, repository: string): object {
  return {
    role_type: "jwt",
    user_claim: "job_workflow_ref",
    bound_audiences: [AUDIENCE],
    bound_claims_type: "string",
    bound_claims: {
      repository,
      environment: ENVIRONMENTS[identity],
      ref: "refs/heads/main",
      ref_protected: "true",
      job_workflow_ref: `${repository}/${WORKFLOW}@refs/heads/main`,
    },
    token_policies: identityPolicies(fleet, identity),
    token_no_default_policy: true,
    token_type: "service",
    token_ttl: 1800,
    token_max_ttl: 3600,
  };
}
