// The properties of the Vault provider's types that are had here, as in pulumi-vault 7.8.0 (Terraform provider 5.8.0).
import { boolean, integer, list, map, set, string } from "../provider/table.ts";
import type { Property, Table } from "../provider/table.ts";
import { normaliseJson } from "./go-json.ts";

const SOURCE =
  "https://github.com/hashicorp/terraform-provider-vault/blob/91f91c5c7909dc221edd45ad48ea774dfaf6509c";

/** Every type has it: the namespace below the provider's own (internal/provider/schema.go). */
const namespace: Property = { shape: string, nonEmpty: true, replaces: true, read: "kept" };

/** An ACL policy. A policy that is gone reads as an empty text: it shows as an update, not as a loss. */
export const policyTable: Table = {
  type: "vault:index/policy:Policy",
  source: `${SOURCE}/vault/resource_policy.go`,
  properties: {
    name: { shape: string, autoname: true, required: true, replaces: true, read: "server" },
    policy: { shape: string, required: true, read: "server" },
    namespace,
  },
};

/** Any path: written, read back and deleted as it is. */
export const endpointTable: Table = {
  type: "vault:generic/endpoint:Endpoint",
  source: `${SOURCE}/vault/resource_generic_endpoint.go`,
  properties: {
    path: { shape: string, required: true, replaces: true, read: "server" },
    dataJson: { shape: string, required: true, secret: true, stored: normaliseJson, read: "server" },
    disableRead: { shape: boolean, default: false, read: "kept" },
    disableDelete: { shape: boolean, default: false, read: "kept" },
    ignoreAbsentFields: { shape: boolean, default: false, read: "kept" },
    writeFields: { shape: list(string), read: "kept" },
    writeDataJson: { shape: string, computed: true, outputOnly: true, read: "kept" },
    writeData: { shape: map(string), computed: true, outputOnly: true, read: "kept" },
    namespace,
  },
};

const names: Property = { shape: set(string), read: "server" };
const number: Property = { shape: integer, read: "server" };

/** A role by which tokens are made. `tokenTtl` and `tokenPeriod` exclude each other. */
export const roleTable: Table = {
  type: "vault:tokenauth/authBackendRole:AuthBackendRole",
  source: `${SOURCE}/vault/resource_token_auth_backend_role.go`,
  properties: {
    roleName: { shape: string, required: true, replaces: true, read: "server" },
    allowedPolicies: { ...names, default: [] },
    allowedPoliciesGlobs: { ...names, default: [] },
    disallowedPolicies: { ...names, default: [] },
    disallowedPoliciesGlobs: { ...names, default: [] },
    allowedEntityAliases: { ...names, default: [] },
    orphan: { shape: boolean, default: false, read: "server" },
    renewable: { shape: boolean, default: true, read: "server" },
    pathSuffix: { shape: string, default: "", read: "server" },
    tokenType: { shape: string, default: "default-service", read: "server" },
    tokenNoDefaultPolicy: { shape: boolean, read: "server" },
    tokenPeriod: { ...number, excludes: "tokenTtl" },
    tokenTtl: number,
    tokenMaxTtl: number,
    tokenExplicitMaxTtl: number,
    tokenNumUses: number,
    tokenPolicies: names,
    tokenBoundCidrs: names,
    namespace,
  },
};

/** A secrets engine. Another `path` moves it, with all that is in it. */
export const mountTable: Table = {
  type: "vault:index/mount:Mount",
  source: `${SOURCE}/vault/resource_mount.go`,
  properties: {
    path: { shape: string, required: true, read: "server" },
    type: { shape: string, required: true, replaces: true, read: "server" },
    description: { shape: string, read: "server" },
    defaultLeaseTtlSeconds: { shape: integer, computed: true, read: "server" },
    maxLeaseTtlSeconds: { shape: integer, computed: true, read: "server" },
    options: { shape: map(string), read: "server" },
    local: { shape: boolean, replaces: true, read: "server" },
    sealWrap: { shape: boolean, computed: true, replaces: true, read: "server" },
    externalEntropyAccess: { shape: boolean, default: false, replaces: true, read: "server" },
    accessor: { shape: string, computed: true, outputOnly: true, read: "server" },
    namespace,
  },
};

/**
 * The provider's own arguments. The SDK sends numbers and truth values as text.
 * https://github.com/hashicorp/terraform-provider-vault/blob/v5.8.0/internal/provider/provider.go
 */
export const providerTable: Table = {
  type: "pulumi:providers:vault",
  source: `${SOURCE}/internal/provider/meta.go`,
  properties: {
    address: { shape: string, read: "kept" },
    namespace: { shape: string, read: "kept" },
    caCertFile: { shape: string, read: "kept" },
    token: { shape: string, secret: true, read: "kept" },
    tokenName: { shape: string, default: "terraform", read: "kept" },
    skipChildToken: { shape: string, default: "false", oneOf: ["true", "false"], read: "kept" },
    maxLeaseTtlSeconds: { shape: string, default: "1200", read: "kept" },
    maxRetries: { shape: string, default: "2", read: "kept" },
    skipGetVaultVersion: { shape: string, default: "false", oneOf: ["true", "false"], read: "kept" },
    vaultVersionOverride: { shape: string, read: "kept" },
  },
};
