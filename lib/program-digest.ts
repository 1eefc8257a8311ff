/** How a bundle is known: by its digest, which also names its folder on a host. */
import { createHash } from "node:crypto";

/** What a bundle is known by. `version` names its folder on a host, so it changes whenever a byte does. */
export interface ProgramDigest {
  readonly version: string;
  readonly sha256: string;
}

/** The digest and version of a host bundle's bytes. */
export function hostProgram(packageVersion: string, bytes: Uint8Array): ProgramDigest {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { version: `${packageVersion}-${sha256.slice(0, 12)}`, sha256 };
}
