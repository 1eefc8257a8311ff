/** Fetches a package from the npm registry that is configured here, and checks it against a pinned digest. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ExpectedError } from "./expected-error.ts";
import { command } from "./process.ts";
import { withoutOperatorVariables } from "./operator-variables.ts";
import type { Say } from "./say.ts";

/** A package, exactly. `integrity` is as a lockfile has it: `sha512-` and base64. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/**
 * Unpacks the package into `folder` (its `package.json` then lies directly in it). Scripts of the package are not run.
 * @throws {ExpectedError} when it cannot be fetched or is another than the pinned one
 */
export async function unpackNpmPackage(wanted: NpmPackage, folder: string, say: Say): Promise<void> {
  const spec = `${wanted.name}@${wanted.version}`;
  say(`downloads ${spec}`);
  const packed = await command("npm", ["pack", spec, "--json", "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
    env: withoutOperatorVariables(process.env),
  });
  const [entry] = JSON.parse(packed) as readonly { readonly filename: string }[];
  if (!entry) throw new ExpectedError(`npm pack ${spec} named no file.`);
  // npm 9 and older name a scoped package's file with its slash.
  const archive = join(folder, entry.filename.replace(/^@/, "").replaceAll("/", "-"));
  const found = await fileIntegrity(archive);
  if (found !== wanted.integrity) {
    throw new ExpectedError(
      `${spec} has the digest ${found}, not the pinned ${wanted.integrity}: it is not the package this project was tested with.`,
    );
  }
  say(`unpacks ${spec}`);
  await command("tar", ["-x", "-z", "-f", archive, "-C", folder, "--strip-components=1", "--no-same-owner"]);
  await rm(archive);
}

async function fileIntegrity(path: string): Promise<string> {
  const hash = createHash("sha512");
  await pipeline(createReadStream(path), hash);
  return `sha512-${hash.digest("base64")}`;
}
