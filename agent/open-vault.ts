/** Opens Vault for one run: reads the user's token, checks whose it is, renews it. */
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

/** Access to Vault. `repaired`: a sentence about the mode of the token's file, when the run has repaired it. */
export interface OpenedVault {
  readonly access: VaultAccess;
  readonly repaired: string | undefined;
}

const MAX_TOKEN_BYTES = 4096;
const REMEDY = "An operator runs `pulumi up` to enrol the user again.";

/** Opens Vault with the user's token. Repairs the mode of the token's file. */
export async function openVault(world: AgentWorld, config: AgentConfig): Promise<OpenedVault> {
  const { token: path } = userPlaces(config.home);
  const reading = await world.files.read(path, MAX_TOKEN_BYTES);
  let repaired: string | undefined;
  if (reading.kind === "file" && (reading.mode & 0o077) !== 0) {
    await world.files.chmod(path, 0o600);
    const mode = reading.mode.toString(8).padStart(4, "0");
    repaired = `${path} had the mode ${mode} and has 0600 now. Others may have read it: an operator revokes its accessor and runs \`pulumi up\`.`;
  }
  const token = reading.kind === "file" ? reading.text.trim() : "";
  if (!/^[\x21-\x7e]+$/.test(token))
    return { access: { kind: "refused", why: `${path} holds no Vault token. ${REMEDY}` }, repaired };
  return { access: await openWith(world.vault(token), config, path), repaired };
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
