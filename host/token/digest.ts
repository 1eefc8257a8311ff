/** The digest by which a token file is known. */
import { createHash } from "node:crypto";

/** Hexadecimal SHA-256 of a file's bytes. */
export function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
