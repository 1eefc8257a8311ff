import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { routeSubnet } from "../../../dev/local-addresses.ts";
import { freeSubnet, hostAddress, overlap, parseAddress } from "../../../dev/subnets.ts";

const subnet = (cidr: string) => {
  const [address = "", bits = ""] = cidr.split("/");
  return { address: parseAddress(address), bits: Number(bits) };
};

describe("subnets", () => {
  it.each([
    ["10.0.0.0/8", "10.200.3.0/24", true],
    ["10.200.3.0/24", "10.0.0.0/8", true],
    ["192.168.1.0/24", "192.168.2.0/24", false],
    ["172.17.0.0/16", "172.17.255.0/24", true],
    ["172.17.0.0/16", "172.18.0.0/16", false],
  ])("%s and %s overlap: %s", (a, b, expected) => {
    expect(overlap(subnet(a), subnet(b))).toBe(expected);
  });

  it("are free of everything that is used, and the same for the same seed", () => {
    const used = fc.array(fc.record({ address: fc.nat(0xffffffff), bits: fc.integer({ min: 9, max: 32 }) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.nat(0xffff), used, (seed, list) => {
        const found = freeSubnet(seed, list);
        expect(list.filter((other) => overlap(found, other))).toEqual([]);
        expect(hostAddress(found, 1)).toMatch(/^10\.\d+\.\d+\.1$/);
        expect(freeSubnet(seed, list)).toEqual(found);
      }),
    );
  });

  it("end with a clear word when there is none", () => {
    expect(() => freeSubnet(1, [subnet("10.0.0.0/8")])).toThrow("remove a route");
  });
});

it("reads the kernel's table of routes", () => {
  // eth0, 192.0.2.0/24 and the default route, as /proc/net/route has them.
  expect(routeSubnet("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0")).toEqual(
    subnet("192.0.2.0/24"),
  );
  expect(routeSubnet("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0").bits).toBe(0);
});
