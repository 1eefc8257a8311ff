/** Asks once for a whole host whether Vault serves requests, and from which address the host reaches it. */
import type { HostPlan } from "../../contract/host-plan.ts";
import { sourceAddress } from "../../lib/source-address.ts";
import { VaultClient } from "../../lib/vault-api.ts";
import { describeFailure } from "../../lib/vault-result.ts";

/** Returns why Vault need not be asked for each user, as a clause; undefined when it may serve. */
export async function vaultTrouble(plan: HostPlan): Promise<string | undefined> {
  const { address, namespace, caPem } = plan.vault;
  const health = await new VaultClient({ address, namespace, caPem, token: undefined }).health();
  // Any other failure may come from a proxy that hides sys/health. Then each token's own call decides.
  if (health.kind !== "sealed" && health.kind !== "unreachable") return undefined;
  return `Vault at ${address} ${describeFailure(health)}`;
}

/** Returns the address that this host's requests to Vault leave from; null where tokens are not bound to networks, and without a connection. */
export async function vaultSource({ vault }: HostPlan): Promise<string | null> {
  if (vault.tokenBoundCidrs.length === 0) return null;
  return (await sourceAddress(vault.address)) ?? null;
}
