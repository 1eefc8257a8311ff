// The engine's property values as plain data: secrets and unknowns are taken out on the way in and put back on the way out.
import structpb from "google-protobuf/google/protobuf/struct_pb.js";

/** A value that is not known before the change has happened; comes and goes only in previews. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A property value without secret marks. */
export type Value =
  null | boolean | number | string | typeof UNKNOWN | readonly Value[] | { readonly [key: string]: Value };

/** A resource's inputs or outputs, by property name. */
export type Properties = Readonly<Record<string, Value>>;

/** Where a value lies in a property map: keys of maps, indexes of lists. */
export type Path = readonly (string | number)[];

/** JSON, as the wire's Struct carries it. */
type Wire = null | boolean | number | string | Wire[] | { [key: string]: Wire };

/** Properties as they came over the wire: the plain values, and where the secrets were. */
export interface Decoded {
  readonly values: Properties;
  readonly secrets: readonly Path[];
}

// The marks of the engine's wire format.
// https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/go/common/resource/properties.go (SigKey, SecretSig, …)
// https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/resource/plugin/rpc.go (UnknownStringValue, …)
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWNS: ReadonlySet<string> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  UNKNOWN_STRING,
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Narrows to a map of values. */
export function isMap(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === "object" && value !== null && !isList(value);
}

/** Narrows to a list of values. */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether a value is unknown, or has something unknown in it. */
export function containsUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (isList(value)) return value.some(containsUnknown);
  return isMap(value) && Object.values(value).some(containsUnknown);
}

/**
 * Reads a property map of the wire. Null properties count as absent, as in the engine's own providers.
 * @throws Error for assets, archives and resource references, which no type here has.
 */
export function decode(struct: structpb.Struct | undefined): Decoded {
  const secrets: Path[] = [];
  const raw: Record<string, Wire> = struct === undefined ? {} : struct.toJavaScript();
  return { values: decodeMap(raw, [], secrets), secrets };
}

/** Writes a property map for the wire, marking what lies at `secrets` (or, where that is gone, its nearest parent). */
export function encode(values: Properties, secrets: readonly Path[] = []): structpb.Struct {
  const plain: Record<string, Wire> = {};
  for (const [key, value] of Object.entries(values)) plain[key] = toWire(value);
  for (const path of secrets) markSecret(plain, path);
  return structpb.Struct.fromJavaScript(plain);
}

function decodeMap(raw: Record<string, Wire>, at: Path, secrets: Path[]): { readonly [key: string]: Value } {
  const out: Record<string, Value> = {};
  for (const [key, value] of Object.entries(raw)) {
    const decoded = decodeValue(value, [...at, key], secrets);
    if (decoded !== null) out[key] = decoded;
  }
  return out;
}

function decodeValue(raw: Wire, at: Path, secrets: Path[]): Value {
  if (raw === null || typeof raw === "boolean" || typeof raw === "number") return raw;
  if (typeof raw === "string") return UNKNOWNS.has(raw) ? UNKNOWN : raw;
  if (Array.isArray(raw)) return raw.map((item, index) => decodeValue(item, [...at, index], secrets));
  const signature = raw[SIGNATURE];
  if (signature === undefined) return decodeMap(raw, at, secrets);
  if (signature === SECRET) {
    secrets.push(at);
    return decodeValue(raw["value"] ?? null, at, secrets);
  }
  if (signature === OUTPUT) {
    if (raw["secret"] === true) secrets.push(at);
    return raw["value"] === undefined ? UNKNOWN : decodeValue(raw["value"], at, secrets);
  }
  throw new Error(
    `Property ${at.join(".")} is an asset, archive or resource reference, which no type of this plugin takes: give plain text.`,
  );
}

function toWire(value: Value): Wire {
  if (value === UNKNOWN) return UNKNOWN_STRING;
  if (isList(value)) return value.map(toWire);
  if (isMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toWire(item)]));
  }
  return value;
}

function markSecret(root: Record<string, Wire>, path: Path): void {
  let holder: Record<string, Wire> | Wire[] = root;
  let mark: (() => void) | undefined;
  for (const key of path) {
    const current: Record<string, Wire> | Wire[] = holder;
    const value: Wire | undefined = Array.isArray(current) ? current[Number(key)] : current[String(key)];
    if (value === undefined) break;
    if (isSecret(value)) return;
    mark = () => {
      const secret = { [SIGNATURE]: SECRET, value };
      if (Array.isArray(current)) current[Number(key)] = secret;
      else current[String(key)] = secret;
    };
    if (typeof value !== "object" || value === null) break;
    holder = value;
  }
  mark?.();
}

function isSecret(value: Wire): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && value[SIGNATURE] === SECRET;
}
