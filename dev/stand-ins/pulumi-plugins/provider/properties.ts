// Reads single properties of a known form; absent counts as empty, as in Terraform's schema.
import { isList, isMap } from "./value.ts";
import type { Properties, Value } from "./value.ts";

/** A text; "" when absent. */
export function textOf(properties: Properties, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : "";
}

/** A number; 0 when absent. */
export function numberOf(properties: Properties, name: string): number {
  const value = properties[name];
  return typeof value === "number" ? value : 0;
}

/** Texts; none when absent. */
export function textsOf(properties: Properties, name: string): readonly string[] {
  const value = properties[name];
  return isList(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** Texts by key; none when absent. */
export function textMapOf(properties: Properties, name: string): Readonly<Record<string, string>> {
  const value = properties[name];
  const entries = isMap(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** JSON of an answer as a property value; what is no JSON counts as null. */
export function valueOf(json: unknown): Value {
  if (json === null || typeof json === "string" || typeof json === "number" || typeof json === "boolean") {
    return json;
  }
  if (Array.isArray(json)) return json.map(valueOf);
  if (typeof json !== "object") return null;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, valueOf(item)]));
}

/** Objects of a list; none when absent. */
export function objectsOf(
  properties: Properties,
  name: string,
): readonly { readonly [key: string]: Value }[] {
  const value = properties[name];
  return isList(value) ? value.filter(isMap) : [];
}
