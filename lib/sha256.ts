/** SHA-256, by which files, programs and tokens are known. */
import { createHash } from "node:crypto";

/** Returns the SHA-256 of `content` in lower-case hexadecimal. A text is read as UTF-8. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
