/** Arithmetic with IPv4 subnets: finds one that nothing on the machine uses. */
import { ExpectedError } from "../lib/expected-error.ts";

/** An IPv4 subnet; `address` is any address in it as an unsigned number. */
export interface Subnet {
  readonly address: number;
  readonly bits: number;
}

/** The number of an address in dotted text. */
export function parseAddress(dotted: string): number {
  return dotted.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

/** Whether the two have an address in common. */
export function overlap(a: Subnet, b: Subnet): boolean {
  const shift = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.address / shift) === Math.floor(b.address / shift);
}

/** The `index`th address of a subnet as dotted text; 0 is the subnet's own. */
export function hostAddress(subnet: Subnet, index: number): string {
  const size = 2 ** (32 - subnet.bits);
  const address = Math.floor(subnet.address / size) * size + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/**
 * A /24 of 10.0.0.0/8 that overlaps none of `used`. The search begins at a place given by `seed`, so that the same
 * checkout draws the same subnet and two checkouts mostly different ones.
 * @throws {ExpectedError} when all are used
 */
export function freeSubnet(seed: number, used: readonly Subnet[]): Subnet {
  for (let step = 0; step < 0x10000; step++) {
    const subnet = { address: 10 * 2 ** 24 + ((seed + step) % 0x10000) * 256, bits: 24 };
    if (!used.some((other) => overlap(subnet, other))) return subnet;
  }
  throw new ExpectedError("Every /24 of 10.0.0.0/8 is in use on this machine; remove a route to part of it.");
}
