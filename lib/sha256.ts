/** SHA-256, by which files, programs and tokens are known. */
import { createHash } from "node:crypto";

/** Returns the SHA-256 of `content` in lower-case hexadecimal. A text is read as UTF-8. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Returns the first digits of a digest, as many as a person compares. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
