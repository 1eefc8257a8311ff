/** Reads the networks to which tokens are bound, and writes them as Vault does, so that both can be compared. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { WorkstationObservation } from "../../contract/workstation.ts";
import { notA, type Complaint, type Reading } from "../schema/complaint.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { printable } from "../../lib/printable.ts";

const EXAMPLE = "10.20.0.0/16";
const WHAT = "a network in CIDR notation, or one address";

/**
 * Reads a network in CIDR notation. A single address is a network without a prefix.
 * Source: `IPv4Addr.String` and `IPv6Addr.String` in https://github.com/hashicorp/go-sockaddr
 */
export function readNetwork(text: string): Reading<string> {
  const [address = "", prefix, ...rest] = text.split("/");
  // The library also accepts octal numbers and zones.
  if (rest.length > 0 || isIP(address) === 0 || address.includes("%")) return notA(WHAT, EXAMPLE);
  const parsed = ipaddr.parse(address);
  const bits = parsed.kind() === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (length > bits) {
    return { message: `has no prefix from 1 to ${bits}`, remedy: `Write something like ${EXAMPLE}.` };
  }
  return network(parsed, length, bits);
}

function network(address: ipaddr.IPv4 | ipaddr.IPv6, length: number, bits: number): Reading<string> {
  if (length === 0) {
    const remedy = "Name the workstations' networks, or leave the setting out.";
    return { message: "is every address there is, so it binds nothing", remedy };
  }
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
    return { message: "is an IPv4 address in IPv6 notation", remedy: `Write it as IPv4: ${EXAMPLE}.` };
  }
  const cidr = `${address.toString()}/${length}`;
  const first =
    address instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  if (first.toString() !== address.toString()) {
    const remedy = `Write ${first.toString()}/${length} for the network, or ${address.toString()} for the one address.`;
    return { message: "is an address within a network, not the network", remedy } satisfies Complaint;
  }
  return { value: length === bits ? address.toString() : cidr };
}

/** Returns whether an address lies in one of the networks that {@link readNetwork} returned. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const found = ipaddr.process(address);
  return networks.some((text) => {
    const [start, length] = ipaddr.parseCIDR(
      text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`,
    );
    return start.kind() === found.kind() && found.match(start, length);
  });
}

/**
 * Returns a warning when a workstation seems to lie outside of the networks to which its users' tokens are bound. It stops
 * no apply, because Vault may see another address. An enrolment proves its token by using it.
 */
export function outsideNetworks(
  { vault, users }: HostPlan,
  { vaultSource }: Pick<WorkstationObservation, "vaultSource">,
): readonly string[] {
  const { tokenBoundCidrs: networks } = vault;
  const asked = networks.length > 0 && users.some(({ renewal }) => renewal);
  if (!asked || vaultSource === null || isWithin(vaultSource, networks)) return [];
  return [
    `its requests to Vault come from ${printable(vaultSource)}, which is outside of claude-fleet:vault.tokenBoundCidrs (${networks.join(", ")}). Unless Vault sees another address, new tokens do not work there, and users keep their present tokens. The host itself says so: find the address in Vault's audit log before you add it to the networks.`,
  ];
}
