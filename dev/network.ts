/** The dev environment's own Docker network. Its gateway is this machine, as the containers see it. */
import { ExpectedError } from "../lib/expected-error.ts";
import { checkout, LABEL } from "./checkout.ts";
import type { Engine } from "./engine.ts";
import { retryFirewall } from "./firewall.ts";
import { localAddresses } from "./local-addresses.ts";

/** Name of the network. */
export const networkName = checkout.prefix;

/**
 * Makes sure that the network is there.
 * @returns the gateway's address, on which Vault and the stand-in for Anthropic listen for the containers
 * @throws {ExpectedError} when that is no address of this machine: the engine runs in a virtual machine, or rootless
 */
export async function ensureNetwork({ docker }: Engine): Promise<string> {
  const networks = await docker.listNetworks({ filters: { label: [`${LABEL}=${checkout.id}`] } });
  const existing = networks.find(({ Name }) => Name === networkName);
  if (!existing) {
    const wanted = { Name: networkName, Driver: "bridge", Labels: { [LABEL]: checkout.id } };
    await retryFirewall(() => docker.createNetwork(wanted));
  }
  const network = (await docker.getNetwork(networkName).inspect()) as {
    readonly IPAM?: { readonly Config?: readonly { readonly Gateway?: string }[] };
  };
  const gateway = network.IPAM?.Config?.[0]?.Gateway;
  if (gateway === undefined || !(await localAddresses()).some(({ address }) => address === gateway)) {
    throw new ExpectedError(
      `The gateway ${gateway ?? "(none)"} of the Docker network ${networkName} is no address of this machine, so its containers cannot reach what runs here: use an engine that runs on this machine as root.`,
    );
  }
  return gateway;
}
