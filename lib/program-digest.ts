/** The digest and version of a program bundle. */
import { sha256Of } from "./sha256.ts";

/** Identifies a bundle. `version` names its folder on a host, so it changes with every byte. */
export interface ProgramDigest {
  readonly version: string;
  readonly sha256: string;
}

/** Returns the digest and version of a host bundle. */
export function hostProgram(packageVersion: string, bytes: Uint8Array): ProgramDigest {
  const sha256 = sha256Of(bytes);
  return { version: `${packageVersion}-${sha256.slice(0, 12)}`, sha256 };
}
