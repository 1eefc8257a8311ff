// The tables against the SDKs, whose names and secrets come from the official schemas, and against what the types do.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import {
  commandResource,
  tables as commandTables,
} from "../../../../../dev/stand-ins/pulumi-plugins/command/command.ts";
import { commandTable } from "../../../../../dev/stand-ins/pulumi-plugins/command/table.ts";
import { containerTable } from "../../../../../dev/stand-ins/pulumi-plugins/docker/table.ts";
import type { Property, Shape, Table } from "../../../../../dev/stand-ins/pulumi-plugins/provider/table.ts";
import { terraformResource } from "../../../../../dev/stand-ins/pulumi-plugins/provider/terraform.ts";
import type { Properties, Value } from "../../../../../dev/stand-ins/pulumi-plugins/provider/value.ts";
import {
  endpointTable,
  mountTable,
  policyTable,
  roleTable,
} from "../../../../../dev/stand-ins/pulumi-plugins/vault/table.ts";

const require = createRequire(import.meta.url);
const terraformTables: readonly (readonly [Table, string])[] = [
  [policyTable, "@pulumi/vault/policy.js"],
  [endpointTable, "@pulumi/vault/generic/endpoint.js"],
  [roleTable, "@pulumi/vault/tokenauth/authBackendRole.js"],
  [mountTable, "@pulumi/vault/mount.js"],
  [containerTable, "@pulumi/docker/container.js"],
];
const all = [...terraformTables, [commandTable, "@pulumi/command/local/command.js"] as const];

/** What the SDK's constructor takes and gives. */
function sdk(file: string) {
  const source = readFileSync(require.resolve(file), "utf8");
  const names = (pattern: RegExp) => [...source.matchAll(pattern)].map((match) => match[1] ?? "");
  const inputs = new Set(names(/resourceInputs\["(\w+)"\] = .*args\?/g));
  const required = new Set(names(/Missing required property '(\w+)'/g));
  const outputs = new Set(names(/resourceInputs\["(\w+)"\] = undefined \/\*out\*\//g));
  const secret = /additionalSecretOutputs: \[([^\]]*)\]/.exec(source)?.[1] ?? "";
  const type = /__pulumiType = '([^']+)'/.exec(source)?.[1];
  return { inputs, required, outputs, type, secret: new Set(secret.match(/\w+/g)) };
}

describe.each(all)("$type", (table, file) => {
  const official = sdk(file);
  const names = (which: (property: Property) => boolean) =>
    Object.entries(table.properties).flatMap(([name, property]) => (which(property) ? [name] : []));

  it("is the SDK's type, and its properties are the SDK's", () => {
    expect(official.type).toBe(table.type);
    for (const name of names((property) => property.outputOnly !== true))
      expect(official.inputs).toContain(name);
    for (const name of names((property) => property.outputOnly === true))
      expect(official.outputs).toContain(name);
  });

  it("requires what the SDK requires", () => {
    const required = names((property) => property.required === true && property.autoname !== true);
    expect(new Set(required)).toEqual(official.required);
  });

  it("hides what the SDK hides", () => {
    expect(new Set(names((property) => property.secret === true))).toEqual(official.secret);
  });

  it("names a source at a fixed commit or tag", () => {
    expect(table.source).toMatch(
      /^https:\/\/github\.com\/[^/]+\/[^/]+\/blob\/([0-9a-f]{40}|v\d+\.\d+\.\d+)\//,
    );
  });
});

describe.each(terraformTables)("$type, by its table", (table) => {
  const type = terraformResource(table, {
    create: () => Promise.resolve("id"),
    read: (_operation, _id, state) => Promise.resolve(state),
    update: (_operation, id) => Promise.resolve(id),
    delete: () => Promise.resolve(),
  });
  const full: Properties = Object.fromEntries(
    Object.entries(table.properties)
      .filter(([, property]) => property.outputOnly !== true && property.excludes === undefined)
      .map(([name, property]): [string, Value] => [name, sample(property.shape, 0, property)]),
  );
  const settable = Object.entries(table.properties).filter(([, property]) => property.outputOnly !== true);
  const diff = (state: Properties, inputs: Properties, ignoreChanges: readonly string[] = []) =>
    type.diff({ state, oldInputs: state, inputs, ignoreChanges });

  it("accepts a value of each property, and sees no change in the same", () => {
    const { failures, inputs } = type.check("name", full, {});
    expect(failures).toEqual([]);
    const state = type.previewUpdate({ id: "id", state: {}, inputs, ignoreChanges: [] });
    expect(diff(state, inputs).changes).toEqual([]);
  });

  it.each(settable)("%s replaces exactly where the table says so", (name, property) => {
    const state = type.previewUpdate({ id: "id", state: {}, inputs: full, ignoreChanges: [] });
    const changed: Properties = { ...full, [name]: sample(property.shape, 1, property) };
    const { changes, deleteBeforeReplace } = diff(state, changed);
    expect(new Set(changes.map(({ path }) => path[0]))).toEqual(new Set([name]));
    expect(changes.every(({ replaces }) => replaces === (property.replaces !== undefined))).toBe(true);
    if (property.replaces === undefined) expect(deleteBeforeReplace).toBe(false);
    expect(diff(state, changed, [name]).changes).toEqual([]);
  });

  it.each(settable)("%s left out means its default, what the server chose, or nothing", (name, property) => {
    const state = type.previewUpdate({ id: "id", state: {}, inputs: full, ignoreChanges: [] });
    const without = Object.fromEntries(Object.entries(full).filter(([key]) => key !== name));
    const next = type.previewUpdate({ id: "id", state, inputs: without, ignoreChanges: [] });
    const nothing = property.shape.kind === "map" ? {} : undefined;
    const expected = property.default ?? (property.computed === true ? state[name] : nothing);
    expect(next[name]).toEqual(expected);
  });

  it("names two properties that exclude each other", () => {
    for (const [name, { excludes }] of settable) {
      if (excludes === undefined) continue;
      const { failures } = type.check("name", { ...full, [name]: full[excludes] ?? null }, {});
      expect(failures.map(({ property }) => property)).toEqual([name]);
    }
  });

  it("names an unknown property and a missing one", () => {
    const { failures } = type.check("name", { ...full, invented: true }, {});
    expect(failures.map(({ property }) => property)).toEqual(["invented"]);
    const needed = settable.filter(
      ([, property]) => property.required === true && property.autoname !== true,
    );
    const none = type.check("name", {}, {}).failures.map(({ property }) => property);
    expect(new Set(none)).toEqual(new Set(needed.map(([name]) => name)));
  });
});

describe("command:local:Command", () => {
  it("replaces by itself only for triggers that come or go whole: elements are the SDK's business", () => {
    const { changes } = commandResource.diff({
      state: {},
      oldInputs: { create: "a", environment: { A: "b" } },
      inputs: { create: "b", environment: { A: "c" }, triggers: ["x"] },
      ignoreChanges: [],
    });
    expect(changes).toEqual([
      { path: ["create"], kind: "update", replaces: false },
      { path: ["environment", "A"], kind: "update", replaces: false },
      { path: ["triggers"], kind: "add", replaces: true },
    ]);
    const element = {
      state: {},
      oldInputs: { triggers: ["x"] },
      inputs: { triggers: ["y"] },
      ignoreChanges: [],
    };
    expect(commandResource.diff(element).changes).toEqual([
      { path: ["triggers", 0], kind: "update", replaces: false },
    ]);
  });

  it("has the properties of the function too", () => {
    expect(commandTables.map(({ type }) => type)).toEqual(["command:local:Command", "command:local:run"]);
  });
});

/** The n-th of two values of a shape. */
function sample(shape: Shape, n: number, field: Partial<Property> = {}): Value {
  const { form, oneOf, stored } = field;
  if (oneOf !== undefined) return oneOf[n + 1] ?? "";
  if (form !== undefined) return ["1", "2", "1s", "2s"].filter((text) => form.matches.test(text))[n] ?? "";
  if (stored !== undefined) return JSON.stringify({ sample: n });
  switch (shape.kind) {
    case "string":
      return `sample ${String(n)}`;
    case "integer":
      return 101 + n;
    case "boolean":
      return n === 0;
    case "any":
      return n;
    case "list":
    case "set":
      return [sample(shape.of, n)];
    case "map":
      return { key: sample(shape.of, n) };
    case "object":
      return Object.fromEntries(
        Object.entries(shape.fields).map(([name, own]) => [name, sample(own.shape, n, own)]),
      );
  }
}
