// Which provider plugins a program needs: what its installed packages say, as the official host finds it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A provider plugin that a package needs. */
export interface RequiredPlugin {
  readonly name: string;
  readonly version: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly pulumi?: { readonly resource?: boolean; readonly name?: string; readonly version?: string };
}

/**
 * The plugins of the packages that the program's own package.json names. The official host walks all of
 * node_modules; the direct dependencies are enough for programs that declare what they use.
 */
export function requiredPlugins(folder: string): readonly RequiredPlugin[] {
  const root = readManifest(join(folder, "package.json"));
  const resolve = createRequire(join(folder, "package.json")).resolve;
  const names = Object.keys({ ...root?.dependencies, ...root?.devDependencies });
  return names
    .filter((name) => name.startsWith("@pulumi/"))
    .flatMap((name) => {
      const file = findManifest(name, resolve);
      const manifest = file === undefined ? undefined : readManifest(file);
      if (manifest?.pulumi?.resource !== true) return [];
      const version = manifest.pulumi.version ?? manifest.version ?? "";
      return [
        { name: manifest.pulumi.name ?? name.slice("@pulumi/".length), version: version.replace(/^v/, "") },
      ];
    });
}

/** Undefined when the package is not installed, or hides its package.json: the program's own import will tell. */
function findManifest(name: string, resolve: (id: string) => string): string | undefined {
  try {
    return resolve(`${name}/package.json`);
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

function readManifest(file: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Manifest;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
