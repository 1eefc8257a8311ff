/** Renders the JSON Schemas by which editors check roster and settings. */
import * as z from "zod";
import { isMapping } from "../../lib/is-mapping.ts";
import { PROJECT } from "../../plan/read-settings.ts";
import { roster } from "../../plan/schema/roster.ts";
import { IGNORED_SETTINGS, settings } from "../../plan/schema/stack-settings.ts";

/** A JSON Schema, as far as the reference reads it. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Returns the schema of roster.yaml. */
export function rosterSchema(): JsonSchema {
  return { title: "Roster of a claude-fleet stack", ...inputSchema(roster) };
}

const IGNORED = { title: "ignored", description: "A setting of earlier versions. It is ignored; remove it." };

/** Returns the schema of `Pulumi.<stack>.yaml`. Pulumi's own keys, and other projects' settings, are not checked. */
export function settingsSchema(): JsonSchema {
  const { $schema, properties, required, ...rest } = inputSchema(settings);
  const named = (name: string) => `${PROJECT}:${name}`;
  const all: Readonly<Record<string, JsonSchema>> = {
    ...properties,
    ...Object.fromEntries(IGNORED_SETTINGS.map((name) => [name, IGNORED])),
  };
  const config = {
    ...rest,
    properties: Object.fromEntries(Object.entries(all).map(([name, schema]) => [named(name), schema])),
    required: required?.map(named),
    patternProperties: { [`^${PROJECT}:x-`]: {}, [`^(?!${PROJECT}:)`]: {} },
  };
  return {
    $schema,
    title: "Settings of a claude-fleet stack",
    type: "object",
    properties: { config },
    required: ["config"],
  } as JsonSchema;
}

/** Returns what zod's schema takes, in draft 7, which every editor knows. */
function inputSchema(schema: z.ZodType): JsonSchema & { readonly $schema: string } {
  const json = JSON.stringify(z.toJSONSchema(schema, { io: "input", target: "draft-07" }));
  return JSON.parse(json, (_key, node: unknown) =>
    isMapping(node) && node["type"] === "object" ? allowIgnoredKeys(node) : node,
  ) as JsonSchema & { readonly $schema: string };
}

/** Allows `x-…` keys in a map, which the program ignores everywhere. */
function allowIgnoredKeys(map: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = map["propertyNames"];
  return {
    ...map,
    ...(names === undefined ? {} : { propertyNames: { anyOf: [names, { pattern: "^x-" }] } }),
    patternProperties: { "^x-": {} },
  };
}
