// How two values differ: what the official plugins say of nulls, lists, sets, ports and mounts.
import { describe, expect, it } from "vitest";
import { containerTable } from "../../../../../dev/stand-ins/pulumi-plugins/docker/table.ts";
import {
  compareByTable,
  compareValues,
} from "../../../../../dev/stand-ins/pulumi-plugins/provider/compare.ts";
import type { Properties, Value } from "../../../../../dev/stand-ins/pulumi-plugins/provider/value.ts";
import { formatPath } from "../../../../../dev/stand-ins/pulumi-plugins/provider/paths.ts";

const compare = (old: Value, next: Value) =>
  Object.fromEntries(
    compareValues({ triggers: old }, { triggers: next }).map(({ path, kind }) => [formatPath(path), kind]),
  );

describe("a null", () => {
  it.each<[Value, Value, Record<string, string>]>([
    [[null], [null], {}],
    [[null], [1], { "triggers[0]": "add" }],
    [[1], [null], { "triggers[0]": "delete" }],
    [[null], [], { "triggers[0]": "delete" }],
    [[], [null], { "triggers[0]": "add" }],
    [[null], [{}], { "triggers[0]": "add" }],
    [[{ a: [1, null] }], [{ a: [1, true] }], { "triggers[0].a[1]": "add" }],
    [[[null, 1]], [[1]], { "triggers[0][0]": "add", "triggers[0][1]": "delete" }],
  ])("from %j to %j", (old, next, kinds) => {
    expect(compare(old, next)).toEqual(kinds);
  });
});

/** The paths that differ in a container, and what happens there; with a `!` where that replaces it. */
const container = (old: Properties, next: Properties) =>
  Object.fromEntries(
    compareByTable(containerTable, old, next).map(({ path, kind, replaces }) => [
      formatPath(path),
      kind + (replaces ? "!" : ""),
    ]),
  );

describe("a list of texts", () => {
  it.each<[string[], string[], Record<string, string>]>([
    [["sh", "-c", "x"], ["-c", "x"], { "command[0]": "delete!" }],
    [["-c", "x"], ["sh", "-c", "x", "y"], { "command[0]": "add!", "command[3]": "add!" }],
    [["a", "b"], ["a", "c"], { "command[1]": "update!" }],
    [["a", "b"], ["b", "a"], { "command[0]": "delete!", "command[1]": "add!" }],
  ])("differs from %j to %j by the fewest edits", (old, next, kinds) => {
    expect(container({ command: old }, { command: next })).toEqual(kinds);
  });
});

describe("a set of objects", () => {
  it("tells the field of an element that stays in its place, and elements that come", () => {
    const next = [{ label: "a", value: "2" }, { label: "b" }];
    expect(container({ labels: [{ label: "a", value: "1" }] }, { labels: next })).toEqual({
      "labels[0].value": "update!",
      "labels[1]": "add!",
    });
  });

  it("is named whole for an element that holds more than plain values", () => {
    const next = [{ name: "net", aliases: ["x"] }];
    expect(container({ networksAdvanced: [{ name: "net" }] }, { networksAdvanced: next })).toEqual({
      networksAdvanced: "update!",
    });
  });
});

describe("a container's mounts", () => {
  const bind = { type: "bind", source: "/a", target: "/m" };
  const compareMounts = (old: Value, next: Value) => container({ mounts: old }, { mounts: next });

  it("replace it for another number only: a change inside of one is an update, which does nothing", () => {
    expect(compareMounts([bind], [{ ...bind, source: "/b" }])).toEqual({ "mounts[0].source": "update" });
    expect(compareMounts([bind], [{ ...bind, bindOptions: { propagation: "rslave" } }])).toEqual({
      mounts: "update",
    });
    expect(compareMounts([bind], [bind, { ...bind, target: "/n" }])).toEqual({ "mounts[1]": "add!" });
    expect(compareMounts([bind], [])).toEqual({ mounts: "delete!" });
  });

  it("replace it for options of volumes and of tmpfs", () => {
    const tmpfs = { type: "tmpfs", target: "/m" };
    const sized = { ...tmpfs, tmpfsOptions: { sizeBytes: 1 } };
    expect(compareMounts([tmpfs], [sized])).toEqual({ mounts: "update!" });
  });

  it("are the same with options that say nothing", () => {
    const read = { ...bind, bindOptions: { propagation: "" } };
    expect(compareMounts([read], [{ ...bind, bindOptions: {} }])).toEqual({});
  });
});

describe("a container's ports", () => {
  const one = { internal: 80, external: 1080, ip: "0.0.0.0", protocol: "tcp" };
  const two = { internal: 82, external: 1082, ip: "0.0.0.0", protocol: "tcp" };
  const comparePorts = (old: Value, next: Value) => container({ ports: old }, { ports: next });

  it("may be in any order, may leave the outer port to the engine, and an empty address is every one", () => {
    expect(comparePorts([one, two], [two, one])).toEqual({});
    expect(comparePorts([one], [{ internal: 80, protocol: "tcp", ip: "" }])).toEqual({});
  });

  it("tell what differs, place by place", () => {
    expect(comparePorts([one], [{ internal: 81, protocol: "udp" }])).toEqual({
      "ports[0].internal": "update!",
      "ports[0].protocol": "update!",
    });
    expect(comparePorts([one, { ...one, ip: "::" }], [one])).toEqual({ "ports[1]": "delete!" });
  });
});

describe("a map", () => {
  it("has a key whatever its value says", () => {
    expect(container({ tmpfs: { "/t": "" } }, { tmpfs: {} })).toEqual({ 'tmpfs["/t"]': "delete" });
    expect(container({ tmpfs: {} }, { tmpfs: { "/t": "" } })).toEqual({ 'tmpfs["/t"]': "add" });
  });

  it("may have a key that is reserved for a resource", () => {
    expect(compareValues({ environment: { version: "1" } }, { environment: { version: "2" } })).toHaveLength(
      1,
    );
    expect(compareValues({ version: "1" }, { version: "2" })).toEqual([]);
  });
});
