/** The user's own way to Vault: reads the scoped token, makes sure whose it is, renews it. */
import { readTextFile } from "../lib/atomic-file.ts";
import { tokenDifference } from "../lib/token-identity.ts";
import { describeFailure, VaultClient, type VaultFailure } from "../lib/vault-client.ts";
import type { AgentConfig } from "./config.ts";
import { userPlaces } from "./places.ts";

/**
 * `ready`: this user's token, renewed. `pending`: Vault is away, sealed or failing, which says nothing about token or
 * login. `refused`: the token is missing, dead or somebody else's; no further call is made with it.
 */
export type VaultAccess =
  | { readonly kind: "ready"; readonly client: VaultClient; readonly ttlSeconds: number }
  | { readonly kind: "pending" | "refused"; readonly why: string };

const MAX_TOKEN_BYTES = 4096;
const REMEDY = "an operator runs `pulumi up` to enrol the user anew";

/** Opens Vault for one run. */
export async function openVault(config: AgentConfig): Promise<VaultAccess> {
  const { token: path } = userPlaces(config.home);
  const token = (await readTextFile(path, MAX_TOKEN_BYTES))?.trim();
  if (!token) return { kind: "refused", why: `there is no Vault token at ${path}; ${REMEDY}` };
  const { address, namespace, caPem } = config.vault;
  const client = new VaultClient({ address, namespace, caPem, token });

  const found = await client.lookupSelf();
  if (found.kind !== "ok") return failed(found, address);
  const difference = tokenDifference(found.value, config.identity);
  if (difference !== undefined) {
    return {
      kind: "refused",
      why: `the Vault token at ${path} is not this user's: ${difference}; ${REMEDY}`,
    };
  }
  const renewed = await client.renewSelf();
  if (renewed.kind !== "ok") return failed(renewed, address);
  return { kind: "ready", client, ttlSeconds: renewed.value };
}

function failed(failure: VaultFailure, address: string): VaultAccess {
  const why = `Vault at ${address} ${describeFailure(failure)}`;
  return failure.kind === "forbidden"
    ? { kind: "refused", why: `${why}: the token has ended or was revoked; ${REMEDY}` }
    : { kind: "pending", why };
}
