/**
 * Defines the three identities that CI and operators have in Vault, and how a workflow logs in as each of them. The files
 * in ci/vault and the output of `claude-fleet ci policies` come from here.
 */
import { WRAP_SECONDS } from "../../contract/wrapped-token.ts";
import { renderPolicy, rule, type PolicyRule } from "./hcl.ts";
import type { VaultPlan } from "../model.ts";

/** The identities. docs/ci.md says what each does. */
export const IDENTITIES = ["administrator", "deployer", "observer"] as const;
export type Identity = (typeof IDENTITIES)[number];

/** Where a fleet's names lie in Vault. */
export type FleetPlaces = Pick<VaultPlan, "mount" | "prefix" | "role" | "policyGlob">;

/**
 * Returns the name of an identity's policy and of its login role. It begins in another way than the fleet's own policies,
 * so that the token role cannot grant it.
 */
export function identityName(fleet: string, identity: Identity): string {
  return `ci-${fleet}-${identity}`;
}

/** What every identity may do with its own token, which has no `default` policy. */
const OWN_TOKEN: readonly PolicyRule[] = [
  rule("Let Pulumi's Vault provider look at the token that it was given.", "auth/token/lookup-self", "read"),
  rule(
    "Let Pulumi's Vault provider work with a child of this token, which dies with it.",
    "auth/token/create",
    "update",
  ),
  rule("Let the run give its token back when it ends.", "auth/token/revoke-self", "update"),
];

/** Returns the policy of an identity in HCL. */
export function identityPolicy(identity: Identity, places: FleetPlaces): string {
  return renderPolicy(identityRules(identity, places));
}

/** Returns the rules of that policy. The identity needs each rule and each capability in it. */
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
    // Vault treats every write of a policy as an update.
    rule(
      "Keep the policies of the fleet's users.",
      `sys/policies/acl/${policyGlob}`,
      "read",
      "update",
      "delete",
    ),
    rule(
      "Keep the role that their tokens are minted from.",
      `auth/token/roles/${role}`,
      "create",
      "read",
      "update",
      "delete",
    ),
  ];
}

function seeNames(places: FleetPlaces): PolicyRule[] {
  return keepNames(places).map((one) => ({
    ...one,
    intent: one.intent.replace("Keep", "See"),
    capabilities: ["read"],
  }));
}

function metadata({ mount, prefix }: FleetPlaces, capabilities: PolicyRule["capabilities"]): PolicyRule {
  const what = capabilities.length === 1 ? "See" : "Keep";
  const intent = `${what} how many versions each backup has; the backups themselves lie under data/.`;
  return rule(intent, `${mount}/metadata/${prefix}/+`, ...capabilities);
}

function tokens({ role }: FleetPlaces): PolicyRule[] {
  return [
    {
      intent:
        "Mint users' tokens, wrapped, so that only the workstation sees one and the audit log shows the rest.",
      path: `auth/token/create/${role}`,
      capabilities: ["update"],
      limits: { min_wrapping_ttl: "1s", max_wrapping_ttl: `${WRAP_SECONDS}s` },
    },
    rule("Look whose a token is before it is revoked.", "auth/token/lookup-accessor", "update"),
    rule(
      "Revoke the tokens of users who left, and those that were not delivered.",
      "auth/token/revoke-accessor",
      "update",
    ),
  ];
}

/** Returns the policies of a login. An administrator's `up` also does the deployer's part, so it gets both. */
export function identityPolicies(fleet: string, identity: Identity): readonly string[] {
  const all: readonly Identity[] = identity === "administrator" ? ["administrator", "deployer"] : [identity];
  return all.map((name) => identityName(fleet, name));
}

/** The environment of the workflow for each identity. */
export const ENVIRONMENTS: Readonly<Record<Identity, string>> = {
  administrator: "claude-fleet-administrator",
  deployer: "claude-fleet-production",
  observer: "claude-fleet-preview",
};

/** The issuer of a workflow's identity token. Source: https://docs.github.com/actions/concepts/security/openid-connect */
export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/** The workflow that may log in. The path is relative to the repository. */
export const WORKFLOW = ".github/workflows/claude-fleet.yml";

/** The audience of the workflow's token. A token for another service cannot log in. */
export const AUDIENCE = "claude-fleet";

/**
 * Returns the role of Vault's JWT method for an identity. It accepts this workflow of this repository, on the protected
 * main branch, in the identity's environment. Its place is `auth/jwt/role/<identityName>`.
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
