/** The user's own way to Vault: reads the scoped token, makes sure whose it is, renews it. */
import { tokenDifference } from "../lib/token-identity.ts";
import { describeFailure, type VaultFailure } from "../lib/vault-result.ts";
import type { AgentConfig } from "./config.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { AgentWorld, Vault } from "./world.ts";

/**
 * `ready`: this user's token, renewed. `pending`: Vault is away, sealed or failing, which says nothing about token or
 * login. `refused`: the token is missing, dead or somebody else's; no further call is made with it.
 */
export type VaultAccess =
  | { readonly kind: "ready"; readonly vault: Vault; readonly ttlSeconds: number }
  | { readonly kind: "pending" | "refused"; readonly why: string };

/** The way to Vault, and what was put right about the token's file on the way, as a clause. */
export interface OpenedVault {
  readonly access: VaultAccess;
  readonly mended: string | undefined;
}

const MAX_TOKEN_BYTES = 4096;
const REMEDY = "an operator runs `pulumi up` to enrol the user anew";

/** Opens Vault for one run. */
export async function openVault(world: AgentWorld, config: AgentConfig): Promise<OpenedVault> {
  const { token: path } = userPlaces(config.home);
  const reading = await world.files.read(path, MAX_TOKEN_BYTES);
  let mended: string | undefined;
  if (reading.kind === "file" && (reading.mode & 0o077) !== 0) {
    await world.files.chmod(path, 0o600);
    const mode = reading.mode.toString(8).padStart(4, "0");
    mended = `${path} had the mode ${mode} and has 0600 now; others may have read it: an operator revokes its accessor and runs \`pulumi up\``;
  }
  const token = reading.kind === "file" ? reading.text.trim() : "";
  if (!/^[\x21-\x7e]+$/.test(token))
    return { access: { kind: "refused", why: `there is no Vault token at ${path}; ${REMEDY}` }, mended };
  return { access: await openWith(world.vault(token), config, path), mended };
}

async function openWith(vault: Vault, config: AgentConfig, path: string): Promise<VaultAccess> {
  const found = await vault.lookupSelf();
  if (found.kind !== "ok") return failed(found, config.vault);
  const difference = tokenDifference(found.value, config.identity);
  if (difference !== undefined) {
    return {
      kind: "refused",
      why: `the Vault token at ${path} is not this user's: ${difference}; ${REMEDY}`,
    };
  }
  const renewed = await vault.renewSelf();
  if (renewed.kind !== "ok") return failed(renewed, config.vault);
  return { kind: "ready", vault, ttlSeconds: renewed.value };
}

function failed(
  failure: VaultFailure,
  { address, tokenBoundCidrs: networks }: AgentConfig["vault"],
): VaultAccess {
  const why = `Vault at ${address} ${describeFailure(failure)}`;
  if (failure.kind !== "forbidden") return { kind: "pending", why };
  const outside =
    networks.length === 0
      ? ""
      : `, or this host is outside of the networks it is bound to (${networks.join(", ")})`;
  return { kind: "refused", why: `${why}: the token has ended or was revoked${outside}; ${REMEDY}` };
}
