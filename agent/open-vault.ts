/** Opens Vault for one run: reads the user's token, checks whose it is, renews it. */
import { errorCode } from "../lib/expected-error.ts";
import { describeReading } from "../lib/regular-file.ts";
import { tokenDifference } from "../lib/token-identity.ts";
import { describeFailure, type VaultFailure } from "../lib/vault-result.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { AgentConfig } from "./config.ts";
import type { AgentWorld, Vault } from "./world.ts";

/**
 * `ready`: this user's token, renewed. `pending`: Vault is away, sealed or failing, which says nothing about token or
 * login. `refused`: the token is missing, dead or another user's; the run makes no further call with it.
 */
export type VaultAccess =
  | { readonly kind: "ready"; readonly vault: Vault; readonly ttlSeconds: number }
  | { readonly kind: "pending" | "refused"; readonly why: string };

/** Access to Vault. `warning`: a sentence about the mode of the token's file, when others could read it. */
export interface OpenedVault {
  readonly access: VaultAccess;
  readonly warning: string | undefined;
}

const MAX_TOKEN_BYTES = 4096;
const REMEDY = "An operator runs `pulumi up` to enrol the user again.";

/** Opens Vault with the user's token. Repairs the mode of the token's file. */
export async function openVault(world: AgentWorld, config: AgentConfig): Promise<OpenedVault> {
  const { token: path } = userPlaces(config.home);
  const reading = await world.files.read(path, MAX_TOKEN_BYTES);
  const warning = reading.kind === "file" ? await narrowMode(world, path, reading.mode) : undefined;
  const token = reading.kind === "file" ? reading.text.trim() : "";
  if (/^[\x21-\x7e]+$/.test(token))
    return { access: await openWith(world.vault(token), config, path), warning };
  const what =
    reading.kind === "file" || reading.kind === "missing" ? "holds no Vault token" : describeReading(reading);
  return { access: { kind: "refused", why: `${path} ${what}. ${REMEDY}` }, warning };
}

/** Narrows the mode of the token's file to 0600. @returns a sentence when it was wider */
async function narrowMode(world: AgentWorld, path: string, found: number): Promise<string | undefined> {
  if ((found & 0o077) === 0) return undefined;
  const mode = found.toString(8).padStart(4, "0");
  const outcome = await world.files.chmod(path, 0o600).then(
    () => `had the mode ${mode} and has 0600 now`,
    (error: unknown) => `has the mode ${mode}, which cannot be changed (${errorCode(error)})`,
  );
  return `${path} ${outcome}. Others may have read it: an operator revokes its accessor and runs \`pulumi up\`.`;
}

async function openWith(vault: Vault, config: AgentConfig, path: string): Promise<VaultAccess> {
  const found = await vault.lookupSelf();
  if (found.kind !== "ok") return failed(found, config.vault);
  const difference = tokenDifference(found.value, config.identity);
  if (difference !== undefined)
    return {
      kind: "refused",
      why: `The Vault token at ${path} is not this user's: ${difference}. ${REMEDY}`,
    };
  const renewed = await vault.renewSelf();
  if (renewed.kind !== "ok") return failed(renewed, config.vault);
  return { kind: "ready", vault, ttlSeconds: renewed.value };
}

function failed(
  failure: VaultFailure,
  { address, tokenBoundCidrs: networks }: AgentConfig["vault"],
): VaultAccess {
  const why = `Vault at ${address} ${describeFailure(failure)}.`;
  if (failure.kind !== "forbidden") return { kind: "pending", why };
  const outside =
    networks.length === 0
      ? ""
      : `, or this host is outside of the networks that the token is bound to (${networks.join(", ")})`;
  return { kind: "refused", why: `${why} The token has ended or was revoked${outside}. ${REMEDY}` };
}
