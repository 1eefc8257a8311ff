// What a resource type's properties are, as data: the plugins run from these tables, and the tests check against them.
import type { Value } from "./value.ts";

/** The form of a value. A `set` is a list whose order says nothing. */
export type Shape =
  | { readonly kind: "string" | "integer" | "boolean" | "any" }
  | { readonly kind: "list" | "set" | "map"; readonly of: Shape }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Field>> };

/**
 * A field of an object value. An absent field equals an empty one, unless it has a default. Empty are `""`, 0, false and
 * a list without elements, but not an object without fields.
 */
export interface Field {
  readonly shape: Shape;
  readonly required?: true;
  /** Used where the program gives none. */
  readonly default?: Value;
  /** Where the program gives none, what the server chose stays. */
  readonly computed?: true;
  /** An empty text is refused. */
  readonly nonEmpty?: true;
  /** The only texts that are accepted. */
  readonly oneOf?: readonly string[];
  /** The form of the texts that are accepted, and what to say of others. */
  readonly form?: { readonly matches: RegExp; readonly means: string };
  /** The least number that is accepted. */
  readonly atLeast?: number;
  /** An empty text means the default. */
  readonly emptyIsDefault?: true;
  /** In an element of a property that replaces by `number`: an element that has this field replaces when it changes. */
  readonly elementReplaces?: true;
}

/** A property of a resource. */
export interface Property extends Field {
  /**
   * A change of it needs a new resource. `number`: only another number of elements, or a changed element that has a
   * field with `elementReplaces`; any other change of an element is an update.
   */
  readonly replaces?: true | "number";
  /** Another property that cannot be given together with it. */
  readonly excludes?: string;
  /** Another order of the same elements is no change, though it is stored as a list. */
  readonly unordered?: true;
  /** Its value is a secret in the state whatever the program says. */
  readonly secret?: true;
  /** `server`: a refresh reads it back, so drift is seen; `kept`: the last value given stays in the state. */
  readonly read: "server" | "kept";
  /** The program cannot set it. */
  readonly outputOnly?: true;
  /** Where the program gives none, a name is made from the resource's own (name, dash, seven hex digits). */
  readonly autoname?: true;
  /** The form in which it is stored and compared, where that is not the form in which it is given. */
  readonly stored?: (given: string) => string;
}

/** A resource type: its properties, and the official provider's source they were taken from. */
export interface Table {
  /** The engine's name for the type, e.g. `vault:index/policy:Policy`. */
  readonly type: string;
  /** The provider file that these properties follow, at the release that the pinned plugin is built from. */
  readonly source: string;
  /** Old instance first: the type asks for that by itself, whatever the name. */
  readonly deleteBeforeReplace?: true;
  readonly properties: Readonly<Record<string, Property>>;
}

/** Text. */
export const string: Shape = { kind: "string" };
/** A whole number. */
export const integer: Shape = { kind: "integer" };
/** True or false. */
export const boolean: Shape = { kind: "boolean" };
/** Anything. */
export const any: Shape = { kind: "any" };
/** A list whose order counts. */
export const list = (of: Shape): Shape => ({ kind: "list", of });
/** A list whose order does not count. */
export const set = (of: Shape): Shape => ({ kind: "set", of });
/** Values by free key. */
export const map = (of: Shape): Shape => ({ kind: "map", of });
/** A value with known fields. */
export const object = (fields: Readonly<Record<string, Field>>): Shape => ({ kind: "object", fields });
