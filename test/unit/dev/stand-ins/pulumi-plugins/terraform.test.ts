// What the bridge does around a provider: defaults, names, drift, partial failures.
import { describe, expect, it } from "vitest";
import { PartialFailure } from "../../../../../dev/stand-ins/pulumi-plugins/provider/resource.ts";
import type { Operation } from "../../../../../dev/stand-ins/pulumi-plugins/provider/resource.ts";
import {
  integer,
  list,
  map,
  object,
  set,
  string,
} from "../../../../../dev/stand-ins/pulumi-plugins/provider/table.ts";
import type { Table } from "../../../../../dev/stand-ins/pulumi-plugins/provider/table.ts";
import { terraformResource } from "../../../../../dev/stand-ins/pulumi-plugins/provider/terraform.ts";
import type { ServerOperations } from "../../../../../dev/stand-ins/pulumi-plugins/provider/terraform.ts";
import { UNKNOWN } from "../../../../../dev/stand-ins/pulumi-plugins/provider/value.ts";
import type { Properties } from "../../../../../dev/stand-ins/pulumi-plugins/provider/value.ts";

const table: Table = {
  type: "test:index:Thing",
  source: "https://example.com",
  properties: {
    name: { shape: string, required: true, autoname: true, replaces: true, read: "server" },
    size: { shape: integer, default: 3, read: "server" },
    tags: { shape: set(string), read: "server" },
    words: { shape: list(string), read: "server" },
    labels: { shape: map(string), read: "kept" },
    ports: {
      shape: set(object({ port: { shape: integer }, ip: { shape: string, default: "0.0.0.0" } })),
      replaces: true,
      read: "server",
    },
    text: { shape: string, nonEmpty: true, read: "server" },
    chosen: { shape: string, computed: true, read: "server" },
    made: { shape: string, computed: true, outputOnly: true, read: "server" },
  },
};
const operation: Operation = { name: "thing", log: () => undefined, signal: new AbortController().signal };

/** A server that remembers one thing. */
function server(over: Partial<ServerOperations> = {}) {
  let held: Properties | undefined;
  const operations: ServerOperations = {
    create: (_operation, planned) => {
      held = { ...planned, chosen: planned["chosen"] ?? "by the server", made: "1" };
      return Promise.resolve("the-id");
    },
    read: () => Promise.resolve(held),
    update: (_operation, id, planned) => {
      held = { ...held, ...planned };
      return Promise.resolve(id);
    },
    delete: () => Promise.resolve(),
    ...over,
  };
  return {
    type: terraformResource(table, operations),
    change: (drift: Properties) => (held = { ...held, ...drift }),
  };
}

describe("check", () => {
  it("puts defaults into the inputs and lists them", () => {
    const { inputs } = server().type.check("thing", { name: "n", tags: ["a"] }, {});
    expect(inputs).toEqual({ name: "n", tags: ["a"], size: 3, __defaults: ["size"] });
  });

  it("refuses an empty text where there must be something", () => {
    const failures = (text: string) => server().type.check("thing", { text }, {}).failures;
    expect(failures("")).toEqual([
      { property: "text", reason: "text is empty: give a text, or leave it out." },
    ]);
    expect(failures("x")).toEqual([]);
  });

  it("makes a name once, and keeps it, as one that the program gives no more", () => {
    const { type } = server();
    const first = type.check("thing", {}, {}).inputs;
    expect(first["name"]).toMatch(/^thing-[0-9a-f]{7}$/);
    expect(type.check("thing", {}, first).inputs["name"]).toBe(first["name"]);
    expect(type.check("thing", {}, { name: "given", __defaults: [] }).inputs["name"]).toBe("given");
  });

  it("puts defaults into the elements of lists too, and lists them there", () => {
    const ports = [{ port: 1 }, { port: 2, ip: "1.2.3.4" }];
    const { type } = server();
    const { inputs } = type.check("thing", { name: "n", ports }, {});
    expect(inputs["ports"]).toEqual([
      { port: 1, ip: "0.0.0.0", __defaults: ["ip"] },
      { port: 2, ip: "1.2.3.4", __defaults: [] },
    ]);
    expect(type.previewCreate(operation, inputs).outputs["ports"]).toEqual([
      { port: 1, ip: "0.0.0.0" },
      { port: 2, ip: "1.2.3.4" },
    ]);
  });
});

describe("diff", () => {
  const { type } = server();
  const diff = (state: Properties, inputs: Properties) =>
    type.diff({ state, oldInputs: {}, inputs: { __defaults: [], ...inputs }, ignoreChanges: [] });

  it("takes order in sets, defaults in elements, and empty values for nothing", () => {
    const state = { name: "n", size: 3, tags: ["a", "b"], ports: [{ port: 1, ip: "0.0.0.0" }], words: [] };
    expect(diff(state, { name: "n", tags: ["b", "a"], ports: [{ port: 1 }] }).changes).toEqual([]);
  });

  it("takes the order of lists for a change", () => {
    expect(diff({ name: "n", words: ["a", "b"] }, { name: "n", words: ["b", "a"] }).changes).toHaveLength(2);
  });

  it("compares with what is stored, so that drift shows, but not in what the server may choose", () => {
    const { changes } = diff({ name: "n", size: 9, chosen: "x", made: "y" }, { name: "n" });
    expect(changes).toEqual([{ path: ["size"], kind: "update", replaces: false }]);
  });

  it("tells an empty text that changed from one that came", () => {
    const kinds = (state: Properties) =>
      diff(state, { name: "n", text: "x" }).changes.map(({ kind }) => kind);
    expect(kinds({ name: "n", text: "" })).toEqual(["update"]);
    expect(kinds({ name: "n" })).toEqual(["add"]);
  });

  it("takes the unknown for a change", () => {
    expect(diff({ name: "n", tags: ["a"] }, { name: "n", tags: UNKNOWN }).changes).toHaveLength(1);
  });

  it("deletes first only when it replaces something whose name the program gave", () => {
    const replaced = { name: "n", ports: [{ port: 2 }] };
    expect(diff({ name: "n" }, replaced).deleteBeforeReplace).toBe(true);
    expect(diff({ name: "n" }, { ...replaced, __defaults: ["name"] }).deleteBeforeReplace).toBe(false);
    expect(diff({ name: "n" }, { name: "n", size: 4 }).deleteBeforeReplace).toBe(false);
  });
});

describe("an empty value", () => {
  const { type } = server();
  const changes = (state: Properties, inputs: Properties) =>
    type
      .diff({
        state: { name: "n", ...state },
        oldInputs: {},
        inputs: { name: "n", ...inputs },
        ignoreChanges: [],
      })
      .changes.map(({ path, kind }) => [path.join("."), kind]);

  it("leaves the choice to the server where it has one", () => {
    expect(changes({ chosen: "x" }, { chosen: "" })).toEqual([]);
    expect(changes({ text: "x" }, { text: "" })).toEqual([["text", "update"]]);
  });

  it("of a map that goes tells the keys, and a map that was empty tells those that come", () => {
    expect(changes({ labels: { a: "b" } }, {})).toEqual([["labels.a", "delete"]]);
    expect(changes({ labels: {} }, { labels: { a: "b" } })).toEqual([["labels.a", "add"]]);
    expect(changes({}, { labels: { a: "b" } })).toEqual([["labels", "add"]]);
  });
});

describe("previews", () => {
  it("leave unknown what only the server can say, and keep it in an update", () => {
    const { type } = server();
    expect(type.previewCreate(operation, { name: "n" }).outputs).toMatchObject({
      chosen: UNKNOWN,
      made: UNKNOWN,
      size: 3,
    });
    const state = { name: "n", chosen: "x", made: "1" };
    const next = type.previewUpdate({ id: "i", state, inputs: { name: "n", size: 4 }, ignoreChanges: [] });
    expect(next).toMatchObject({ chosen: "x", made: "1", size: 4 });
  });
});

describe("an update's outputs", () => {
  it("keep an empty value that the server chose, and drop values that the inputs no longer have", () => {
    const state = { name: "n", size: 3, words: [], tags: ["a"] };
    const next = server().type.previewUpdate({ id: "i", state, inputs: { name: "n" }, ignoreChanges: [] });
    expect(next).toEqual({ name: "n", size: 3, words: [] });
  });
});

describe("a life", () => {
  it("stores what the server has", async () => {
    const { type } = server();
    const stored = await type.create(operation, { name: "n" });
    expect(stored).toEqual({
      id: "the-id",
      outputs: { id: "the-id", name: "n", size: 3, ports: [], chosen: "by the server", made: "1" },
    });
  });

  it("goes on under the id that an update gave, which the engine does not take over", async () => {
    const asked: string[] = [];
    const { type } = server({
      update: () => Promise.resolve("moved"),
      delete: (_operation, id) => Promise.resolve(void asked.push(id)),
    });
    const { id, outputs } = await type.create(operation, { name: "n" });
    const moved = await type.update(operation, {
      id,
      state: outputs,
      inputs: { name: "n" },
      ignoreChanges: [],
    });
    expect((await type.read(operation, { id, state: moved.outputs, inputs: {} }))?.id).toBe("moved");
    await type.delete(operation, { id, outputs: moved.outputs });
    expect(asked).toEqual(["moved"]);
  });

  it("empties values that the inputs no longer have, where an update is not read back", async () => {
    const { type } = server({ keepsPlanAfterUpdate: true });
    const state = { name: "n", size: 3, text: "x", labels: { a: "b" }, tags: ["a"] };
    const { outputs } = await type.update(operation, {
      id: "i",
      state,
      inputs: { name: "n" },
      ignoreChanges: [],
    });
    expect(outputs).toEqual({ id: "i", name: "n", size: 3, text: "", labels: {} });
  });

  it("keeps elements that were written and that the server does not show, until the next refresh", async () => {
    const { type } = server({ read: () => Promise.resolve({ name: "n", tags: [] }) });
    const inputs = { name: "n", tags: ["a"] };
    const { id, outputs } = await type.create(operation, inputs);
    expect(outputs["tags"]).toEqual(["a"]);
    const found = await type.read(operation, { id, state: outputs, inputs });
    expect(found?.outputs["tags"]).toEqual([]);
  });

  it("reads drift into the inputs that the program gave, and only those", async () => {
    const thing = server();
    const { id, outputs } = await thing.type.create(operation, { name: "n", tags: ["a", "b"] });
    thing.change({ tags: ["b", "c"], size: 7, chosen: "z" });
    const inputs = { name: "n", tags: ["a", "b"], __defaults: [] };
    const found = await thing.type.read(operation, { id, state: outputs, inputs });
    expect(found?.inputs).toEqual({ name: "n", tags: ["b", "c"], __defaults: [] });
    expect(found?.outputs).toMatchObject({ tags: ["b", "c"], size: 7, chosen: "z" });
  });

  it("keeps a made name when it is read, and takes a default that the server has changed for given", async () => {
    const thing = server();
    const { inputs } = thing.type.check("thing", {}, {});
    const { id, outputs } = await thing.type.create(operation, inputs);
    thing.change({ size: 7 });
    const found = await thing.type.read(operation, { id, state: outputs, inputs });
    expect(found?.inputs).toEqual({ name: inputs["name"], size: 7, __defaults: ["name"] });
    const again = thing.type.check("thing", {}, found?.inputs ?? {});
    expect(again.inputs["name"]).toBe(inputs["name"]);
  });

  it("is over when the server has nothing, and unknown when it gives an error", async () => {
    const gone = server({ read: () => Promise.resolve(undefined) }).type;
    const request = { id: "i", state: { name: "n" }, inputs: { name: "n" } };
    expect(await gone.read(operation, request)).toBeUndefined();
    const denied = server({ read: () => Promise.reject(new Error("403")) }).type;
    await expect(denied.read(operation, request)).rejects.toThrow("403");
  });

  it("keeps the id of what was made and could not be read", async () => {
    const { type } = server({ read: () => Promise.reject(new Error("sealed meanwhile")) });
    const failure = await type.create(operation, { name: "n" }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure).toMatchObject({ message: "sealed meanwhile", stored: { id: "the-id" } });
  });

  it("is replaced when it was made and could not be read, for a list that the server chooses", async () => {
    const listed: Table = {
      ...table,
      properties: {
        ...table.properties,
        words: { shape: list(string), computed: true, replaces: true, read: "server" },
      },
    };
    const type = terraformResource(listed, {
      create: () => Promise.reject(new PartialFailure("not well", { id: "i", outputs: {} })),
      read: () => Promise.resolve({}),
      update: () => Promise.resolve("i"),
      delete: () => Promise.resolve(),
    });
    const failure = await type.create(operation, { name: "n" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: "not well",
      stored: { id: "i", outputs: { name: "n", ports: [] } },
    });
    const state = (failure as PartialFailure).stored.outputs;
    const diff = (inputs: Properties, known: Properties) =>
      type.diff({ state: known, oldInputs: {}, inputs, ignoreChanges: [] }).changes;
    expect(diff({ name: "n" }, state)).toEqual([{ path: ["words"], kind: "add", replaces: true }]);
    expect(diff({ name: "n" }, { ...state, words: [] })).toEqual([]);
  });

  it("stores the plan with the error of an update that failed", async () => {
    const { type } = server({ update: () => Promise.reject(new Error("no")) });
    const request = {
      id: "i",
      state: { name: "n", size: 3 },
      inputs: { name: "n", size: 4 },
      ignoreChanges: [],
    };
    const failure = await type.update(operation, request).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: "no", stored: { id: "i", outputs: { size: 4 } } });
  });
});
