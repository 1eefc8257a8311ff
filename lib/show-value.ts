/** Shows a value of a user's file in a message: short, printable, and never a secret. */
import { printable } from "./printable.ts";
import { looksSecret } from "./looks-secret.ts";

const LONGEST = 60;

/** Returns a value as text for a message; undefined for a missing value. */
export function show(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value).slice(0, 4).join(", ");
    return keys === ""
      ? "an empty map"
      : `a map of ${looksSecret(keys) ? "hidden keys" : clip(printable(keys))}`;
  }
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value !== "string") return `a ${typeof value}`;
  if (looksSecret(value)) return "hidden, it looks like a secret";
  const bare = value.replaceAll(/(:\/\/[^/@\s:]*):[^@\s]*@/g, "$1:…@");
  return `"${clip(printable(bare))}"`;
}

function clip(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
