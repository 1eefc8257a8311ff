/** Which checkout this is: the folder that holds everything it makes, and the names that make its things its own. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Docker label whose value is the checkout's id: on every container, image and network of the dev environment. */
export const LABEL = "claude-fleet.dev";

/** A checkout of this project, and where its dev environment lies. Two checkouts share nothing but the cache. */
export interface Checkout {
  /** Absolute path of the project's root, without links. */
  readonly root: string;
  /** First 12 hex digits of the sha256 of `root`: the value of {@link LABEL}. */
  readonly id: string;
  /** `claude-fleet-dev-` and six digits of the id: what its Docker objects are called by. */
  readonly prefix: string;
  /** `<root>/.dev`, mode 0700. */
  readonly folder: string;
}

/** The checkout at `root`; pure but for resolving links. */
export function checkoutAt(root: string): Checkout {
  const real = realpathSync(root);
  const id = createHash("sha256").update(real).digest("hex").slice(0, 12);
  return { root: real, id, prefix: `claude-fleet-dev-${id.slice(0, 6)}`, folder: join(real, ".dev") };
}

/** The checkout that this file belongs to. */
export const checkout: Checkout = checkoutAt(join(dirname(fileURLToPath(import.meta.url)), ".."));

/** A folder of the dev environment, made with mode 0700 where missing. `names` are path segments below `.dev`. */
export function devFolder(...names: readonly string[]): string {
  return privateFolder(join(checkout.folder, ...names));
}

/** Makes a folder that only its owner can enter, and returns its path. */
export function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  return path;
}
