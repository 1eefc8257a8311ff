/** This machine's IPv4 addresses and routes. Node's own list leaves out bridges without a member. */
import { readFileSync } from "node:fs";
import { command } from "../lib/process.ts";
import { parseAddress, type Subnet } from "./subnets.ts";

/** An address of an interface of this machine, and the length of its subnet's prefix. */
export interface LocalAddress {
  readonly address: string;
  readonly bits: number;
}

/** Addresses of all interfaces, up or not. */
export async function localAddresses(): Promise<readonly LocalAddress[]> {
  const interfaces = JSON.parse(await command("ip", ["-json", "-4", "address"])) as readonly {
    readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
  }[];
  return interfaces.flatMap(({ addr_info: info }) =>
    info.map(({ local, prefixlen }) => ({ address: local, bits: prefixlen })),
  );
}

/** Subnets that this machine has an address in or a route to: what lies behind a VPN has no address here. */
export async function usedSubnets(): Promise<readonly Subnet[]> {
  const own = (await localAddresses()).map(({ address, bits }) => ({ address: parseAddress(address), bits }));
  const routes = readFileSync("/proc/net/route", "utf8").trim().split("\n").slice(1);
  return [...own, ...routes.map(routeSubnet).filter((subnet) => subnet.bits > 0)];
}

/** A line of /proc/net/route: address and mask in hexadecimal, in the machine's byte order (x64 and arm64: reversed). */
export function routeSubnet(line: string): Subnet {
  const fields = line.split("\t");
  const reversed = (hex = "00000000") => parseInt((hex.match(/../g) ?? []).reverse().join(""), 16);
  const mask = reversed(fields[7]);
  return { address: reversed(fields[1]), bits: mask === 0 ? 0 : mask.toString(2).replace(/0+$/, "").length };
}
