// Holds inputs against a table: what is unknown, missing or of the wrong form is named by its full path.
import type { Field, Property, Shape, Table } from "./table.ts";
import { isList, isMap, UNKNOWN } from "./value.ts";
import type { Properties, Value } from "./value.ts";

/** One thing wrong with the inputs: the property's path, and what to do. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** Keys that the engine or the SDK adds to a resource's inputs, which are no properties of the type. */
export function isReserved(key: string): boolean {
  return isMark(key) || key === "version" || key === "pluginDownloadURL";
}

/** Keys that the bridge adds, inside of values too, where `version` is a key like any other. */
export function isMark(key: string): boolean {
  return key.startsWith("__");
}

/** All that is wrong with a resource's inputs; empty when they can be used. */
export function checkInputs(table: Table, inputs: Properties): readonly Failure[] {
  const settable: Record<string, Property> = {};
  for (const [name, property] of Object.entries(table.properties)) {
    if (property.outputOnly !== true) settable[name] = property;
  }
  return [...checkFields(`${table.type} has`, settable, inputs, ""), ...checkExclusions(settable, inputs)];
}

function checkExclusions(properties: Readonly<Record<string, Property>>, inputs: Properties): Failure[] {
  return Object.entries(properties).flatMap(([name, { excludes }]) =>
    excludes !== undefined && inputs[name] !== undefined && inputs[excludes] !== undefined
      ? [{ property: name, reason: `${name} and ${excludes} exclude each other: give one of them.` }]
      : [],
  );
}

function checkFields(
  owner: string,
  fields: Readonly<Record<string, Field>>,
  values: Properties,
  prefix: string,
): Failure[] {
  const failures: Failure[] = [];
  for (const key of Object.keys(values)) {
    if ((prefix === "" ? isReserved(key) : isMark(key)) || Object.hasOwn(fields, key)) continue;
    failures.push({
      property: prefix + key,
      reason: `${prefix}${key} is not known to the stand-in plugin: ${owner} ${Object.keys(fields).join(", ")}.`,
    });
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) failures.push(...checkField(field, value, prefix + name));
    else if (field.required === true && field.default === undefined && !isAutonamed(field)) {
      failures.push({ property: prefix + name, reason: `${prefix}${name} is missing: ${owner} to have it.` });
    }
  }
  return failures;
}

function isAutonamed(field: Field): boolean {
  return "autoname" in field;
}

function checkField(field: Field, value: Value, at: string): Failure[] {
  const failures = checkShape(field.shape, value, at);
  if (field.oneOf !== undefined && typeof value === "string" && !field.oneOf.includes(value)) {
    failures.push({
      property: at,
      reason: `${at} is ${JSON.stringify(value)}: use one of ${field.oneOf.join(", ")}.`,
    });
  }
  if (field.form !== undefined && typeof value === "string" && !field.form.matches.test(value)) {
    failures.push({ property: at, reason: `${at} is ${JSON.stringify(value)}: give ${field.form.means}.` });
  }
  if (field.atLeast !== undefined && typeof value === "number" && value < field.atLeast) {
    failures.push({
      property: at,
      reason: `${at} is ${String(value)}: give ${String(field.atLeast)} or more.`,
    });
  }
  if (field.nonEmpty === true && value === "") {
    failures.push({ property: at, reason: `${at} is empty: give a text, or leave it out.` });
  }
  return failures;
}

function checkShape(shape: Shape, value: Value, at: string): Failure[] {
  if (value === UNKNOWN || shape.kind === "any") return [];
  switch (shape.kind) {
    case "string":
      return typeof value === "string" ? [] : [wrong(at, "text", value)];
    case "boolean":
      return typeof value === "boolean" ? [] : [wrong(at, "true or false", value)];
    case "integer":
      return Number.isSafeInteger(value) ? [] : [wrong(at, "a whole number", value)];
    case "list":
    case "set":
      return isList(value)
        ? value.flatMap((item, index) => checkShape(shape.of, item, `${at}[${String(index)}]`))
        : [wrong(at, "a list", value)];
    case "map":
      return isMap(value)
        ? Object.entries(value).flatMap(([key, item]) => checkShape(shape.of, item, `${at}.${key}`))
        : [wrong(at, "a map", value)];
    case "object":
      return isMap(value)
        ? checkFields(`${at} has`, shape.fields, value, `${at}.`)
        : [wrong(at, "an object", value)];
  }
}

function wrong(at: string, wanted: string, value: Value): Failure {
  // The value itself may be a secret: only its form is told.
  const found = isList(value) ? "a list" : value === null ? "null" : `a ${typeof value}`;
  return { property: at, reason: `${at} is ${found}: give ${wanted}.` };
}
