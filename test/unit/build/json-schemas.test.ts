/** The JSON Schemas for editors take what the program takes, and refuse what a person mistypes. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { rosterSchema, settingsSchema, type JsonSchema } from "../../../build/docs/json-schemas.ts";
import { loadPlan, PlanError } from "../../../plan/load.ts";
import { rosterData } from "../../support/plan/arbitrary.ts";
import { ROSTER, settingsOf, STACK } from "../../support/plan/fixtures.ts";
import { complaintsByEditor, rosterComplaints, settingsComplaints } from "../../support/plan/json-schema.ts";

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");

describe("the schema of the roster", () => {
  it.each(["roster.yaml", "dev/roster.yaml", "test/fixtures/takeover/roster.yaml"])("takes %s", (file) => {
    expect(rosterComplaints(read(file))).toEqual([]);
  });

  it("takes every roster that the program takes", () => {
    fc.assert(
      fc.property(rosterData, (data) => {
        expect(complaintsByEditor.roster(data)).toEqual([]);
      }),
    );
  });

  it("ignores x-… keys everywhere", () => {
    const roster = `x-a: 1\n${ROSTER.replace("  devvm:", "  x-b: {}\n  devvm:\n    x-c: 1")}    x-d: [1]\n`;
    expect(rosterComplaints(roster)).toEqual([]);
  });

  it.each([
    [
      "a misspelt key",
      ROSTER.replace("email:", "emial:"),
      "/users/alice must have required property 'email'",
    ],
    ["an unknown key", ROSTER.replace("become:", "becom:"), "/workstations/devvm must NOT have additional"],
    [
      "a user without a workstation",
      ROSTER.replace("    workstation: devvm\n", ""),
      "property 'workstation'",
    ],
    ["a name that is no user's", ROSTER.replace("alice:", "Alice:"), "/users property name must be valid"],
    ["a system account", ROSTER.replace("alice:", "root:"), "/users property name must be valid"],
    ["an address without a domain", ROSTER.replace("@example.com", ""), "/users/alice/email must match"],
    ["a relative path", `${ROSTER}    claude: bin/claude\n`, "/users/alice/claude must match"],
    ["a word for a choice", `${ROSTER}    renewal: "yes"\n`, "/users/alice/renewal must be equal to one of"],
    ["text for a map", ROSTER.replace(/users:[^]*/, "users: none\n"), "/users must be object"],
    ["no users", ROSTER.replace(/users:[^]*/, ""), "must have required property 'users'"],
  ])("refuses %s", (_, roster, expected) => {
    expect(rosterComplaints(roster).join("\n")).toContain(expected);
  });
});

describe("the schema of the settings", () => {
  it.each(["Pulumi.prod.yaml", "test/fixtures/takeover/Pulumi.prod.yaml"])("takes %s", (file) => {
    expect(settingsComplaints(read(file))).toEqual([]);
  });

  it("leaves Pulumi's own keys and other projects' settings alone, and ignores x-… keys", () => {
    const own = "secretsprovider: passphrase\nencryptionsalt: v1:notReal\nencryptedkey: notReal\n";
    const config =
      "  claude-fleet:x-note: 1\n  pulumi:disable-default-providers: [vault]\n  vault:address: 1\n";
    expect(settingsComplaints(own + STACK + config)).toEqual([]);
  });

  it("takes a setting of an earlier version, which the program ignores", () => {
    expect(settingsComplaints(`${STACK}  claude-fleet:plugins: official\n`)).toEqual([]);
  });

  it("takes the services of a compose file", () => {
    const driver = "      driver: { compose: { file: c.yml, directory: /opt } }\n      services:";
    const stack = STACK.replace("      services:", driver);
    expect(settingsComplaints(stack.replace('image: "app:1", ', ""))).toEqual([]);
    expect(settingsComplaints(stack)).not.toEqual([]);
  });

  it.each([
    [
      "a misspelt setting",
      `${STACK}  claude-fleet:tokns: {}\n`,
      "/config must NOT have additional properties",
    ],
    ["no Vault", STACK.replace("claude-fleet:vault", "x:vault"), "property 'claude-fleet:vault'"],
    [
      "a fleet with a dash",
      STACK.replace("fleet: test", "fleet: a-b"),
      "/config/claude-fleet:fleet must match",
    ],
    ["a number for a duration", `${STACK}  claude-fleet:renewal: { every: 6 }\n`, "every must be string"],
    ["a duration without a unit", `${STACK}  claude-fleet:renewal: { every: "6" }\n`, "every must match"],
    ["a number out of range", `${STACK}  claude-fleet:renewal: { maxChangesPerUp: -1 }\n`, "must be >= 0"],
    ["a token's hostile name", STACK.replace("platform:", "../x:"), "property name must be valid"],
    ["a relative target", STACK.replace("/run/auth.json", "auth.json"), "/services/0/target must match"],
    ["a variable that outranks the token", env("CLAUDE_CODE_OAUTH_TOKEN: x"), "/environment property name"],
    ["a list for a variable's value", env("A: [x]"), "/environment/A must be"],
    [
      "an unknown driver",
      STACK.replace("      services:", "      driver: podman\n      services:"),
      "driver",
    ],
    ["no settings", "encryptionsalt: v1:notReal\n", "must have required property 'config'"],
  ])("refuses %s", (_, stack, expected) => {
    expect(settingsComplaints(stack).join("\n")).toContain(expected);
  });
});

/** The stack with an environment variable for its service. */
function env(variable: string): string {
  return STACK.replace("uid: 1000 }", `uid: 1000, environment: { ${variable} } }`);
}

describe("an example with another value at one place", () => {
  const stack = parse(read("Pulumi.prod.yaml")) as unknown;
  const roster = parse(read("roster.yaml")) as unknown;
  const odd = [
    "",
    "a",
    "é",
    "/a",
    "a/b",
    "~/x",
    "5m",
    "a@b.example",
    0,
    1,
    "7",
    "false",
    null,
    [],
    ["/a"],
    {},
  ];

  it.each([
    ["stack's file", stack, (changed: unknown) => ({ stack: changed, roster }), complaintsByEditor.settings],
    ["roster", roster, (changed: unknown) => ({ stack, roster: changed }), complaintsByEditor.roster],
  ])("passes the schema of the %s whenever the program takes it", (_, example, files, complaints) => {
    const places = placesIn(example);
    const value = fc.constantFrom<unknown>(...odd, ...places.map(({ parent, key }) => parent[key]));
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(places.length - 1), value, (where, by) => {
        const changed = structuredClone(example);
        const { parent, key } = placesIn(changed)[where]!;
        parent[key] = by;
        if (!accepts(files(changed))) return;
        accepted++;
        expect(complaints(changed)).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  function accepts(files: { readonly stack: unknown; readonly roster: unknown }): boolean {
    try {
      const text = JSON.stringify(files.roster);
      const settings = settingsOf(JSON.stringify(files.stack));
      loadPlan({ settings, roster: { file: "roster.yaml", text }, projectFolder: "/project" });
      return true;
    } catch (error) {
      if (error instanceof PlanError) return false;
      throw error;
    }
  }
});

/** Where a value can be another one. */
interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

/** Every place below the first level of the data. */
function placesIn(data: unknown, depth = 0): readonly Place[] {
  if (typeof data !== "object" || data === null) return [];
  const parent = data as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [
    ...(depth > 0 ? [{ parent, key }] : []),
    ...placesIn(parent[key], depth + 1),
  ]);
}

describe("every field", () => {
  const fields: { readonly path: string; readonly field: JsonSchema }[] = [];
  const collect = (schema: JsonSchema | boolean | undefined, path: string): void => {
    if (schema === undefined || typeof schema === "boolean") return;
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (name !== "config") fields.push({ path: `${path}.${name}`, field });
      collect(field, `${path}.${name}`);
    }
    collect(schema.items, `${path}[]`);
    collect(schema.additionalProperties, `${path}.NAME`);
    for (const option of schema.anyOf ?? []) collect(option, path);
  };
  collect(rosterSchema(), "roster");
  collect(settingsSchema(), "settings");

  it("has a meaning, and an example where it is a single value", () => {
    expect(fields.length).toBeGreaterThan(100);
    for (const { path, field } of fields) {
      expect(field.description, path).toMatch(/\.$/);
      const { properties, additionalProperties, items, anyOf } = field;
      const shown = field.examples ?? field.enum ?? field.const ?? (field.title === "ignored" || undefined);
      expect(shown ?? properties ?? additionalProperties ?? items ?? anyOf, path).toBeDefined();
    }
  });
});
