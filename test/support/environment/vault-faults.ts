/** What can be wrong with Vault from where the operator stands, and what each is called. */
import * as z from "zod";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { endPart } from "./parts.ts";
import type { PulumiOptions } from "./pulumi.ts";
import { asAdmin } from "./vault.ts";

/** One of them. */
export interface VaultFault {
  /** How it reads after "Vault". */
  readonly what: string;
  /** What the operator's shell has then. */
  readonly options?: PulumiOptions;
  /** Brings it about, where it is Vault's own state. */
  readonly cause?: (environment: DevEnvironment) => Promise<unknown>;
  /** What the provider says, which reads what the state has. */
  readonly provider: RegExp;
  /** What the program says, which looks before it declares anything. */
  readonly program: RegExp;
}

/** Nothing listens where it was. */
export const stoppedVault = {
  what: "is down",
  cause: () => endPart("openbao", "SIGTERM"),
  provider: /gives no answer .*ECONNREFUSED.*: start it, or correct its address; what it holds is unknown\.$/,
  program:
    /cannot be reached \(.*\), so what it holds is unknown, and \d+ resources of this stack wait for it; start it, or repair the way to it, and run this again\.$/,
} satisfies VaultFault;

/** All of them. */
export const vaultFaults: readonly VaultFault[] = [
  stoppedVault,
  {
    what: "is sealed",
    cause: (environment) => asAdmin(environment, { method: "PUT", path: "sys/seal" }, z.unknown()),
    provider: /answers 503 .*: Vault is sealed\. Unseal it; what it holds is unknown until then\.$/,
    program:
      /is sealed or not initialised, so what it holds is unknown, and \d+ resources of this stack wait for it; unseal it \(`vault operator unseal`\) and run this again\.$/,
  },
  {
    what: "refuses the administrator's token",
    options: { env: { VAULT_TOKEN: "s.not-a-token-of-this-vault" } },
    provider:
      /answers 403 .*: permission denied\. Use a token that may do this \(VAULT_TOKEN\); what it holds is unknown\.$/,
    program:
      /answered 403 \(.*\), so what it holds is unknown, and \d+ resources of this stack wait for it; log in as an identity that may read the fleet's role and policies \(`vault token lookup` says who you are\)\.$/,
  },
  {
    what: "is given no token",
    // The home of the person who runs the tests may have a token helper's file, so another home is named.
    options: { env: { VAULT_TOKEN: "", HOME: "/nonexistent" } },
    provider: /^No token for Vault at .*: export VAULT_TOKEN, or log in with `vault login` or `bao login`\.$/,
    program:
      /^nothing was changed: there is no token for Vault at .* here, so what it holds is unknown, and \d+ resources of this stack wait for it; export VAULT_TOKEN or run `vault login`, then run this again\.$/,
  },
];
