/** Networks are read as Vault reads them, or refused with what to write instead. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isWithin, readNetwork } from "../../../../plan/vault/bound-networks.ts";

test.each([
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["192.0.2.7", "192.0.2.7"],
  ["192.0.2.7/32", "192.0.2.7"],
  ["2001:DB8:0:0::/32", "2001:db8::/32"],
  ["::1/128", "::1"],
  ["fe80::/10", "fe80::/10"],
])("%s is %s", (text, value) => {
  expect(readNetwork(text)).toEqual({ value });
});

test.each([
  ["", "must be a network in CIDR notation, or one address"],
  ["vault.example.net", "must be a network in CIDR notation"],
  ["10.0.0.0/8/8", "must be a network in CIDR notation"],
  ["010.0.0.0/8", "must be a network in CIDR notation"],
  ["0x0a000000/8", "must be a network in CIDR notation"],
  ["fe80::1%eth0", "must be a network in CIDR notation"],
  ["10.0.0.0/", "has no prefix from 1 to 32"],
  ["10.0.0.0/-1", "has no prefix from 1 to 32"],
  ["10.0.0.0/255.0.0.0", "has no prefix from 1 to 32"],
  ["::/129", "has no prefix from 1 to 128"],
  ["0.0.0.0/0", "is every address there is, so it binds nothing"],
  ["::/0", "is every address there is, so it binds nothing"],
  ["::ffff:10.0.0.0/104", "is an IPv4 address in IPv6 notation"],
  ["10.0.0.1/8", "is an address within a network, not the network"],
  ["2001:db8::1/32", "is an address within a network, not the network"],
])("%j is refused", (text, message) => {
  expect(readNetwork(text)).toMatchObject({ message: expect.stringContaining(message) as string });
});

test("what was read is read again as the same, and holds its own first address", () => {
  const network = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 128 }));
  fc.assert(
    fc.property(network, ([address, length]) => {
      const read = readNetwork(`${address}/${length}`);
      if (!("value" in read)) return;
      expect(readNetwork(read.value)).toEqual(read);
      expect(isWithin(address, [read.value])).toBe(true);
    }),
  );
});

test.each([
  ["10.255.0.1", ["10.0.0.0/8"], true],
  ["::ffff:10.255.0.1", ["10.0.0.0/8"], true],
  ["11.0.0.1", ["10.0.0.0/8", "11.0.0.2"], false],
  ["11.0.0.2", ["10.0.0.0/8", "11.0.0.2"], true],
  ["2001:db8::7", ["10.0.0.0/8", "2001:db8::/32"], true],
  ["::1", ["10.0.0.0/8"], false],
  ["10.0.0.1", [], false],
  ["nothing", ["10.0.0.0/8"], false],
])("whether %s is in %j: %s", (address, networks, expected) => {
  expect(isWithin(address, networks)).toBe(expected);
});
