/** Which environment of which checkout this is: the folder that holds all it makes, and the names that make its things its own. */
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
  /** Name of the environment, and of its stack and fleet. */
  readonly environment: EnvironmentName;
  /** 12 hex digits that stand for `root` and the environment: the value of {@link LABEL}. */
  readonly id: string;
  /** `claude-fleet-`, the environment's name, `-` and six digits of the id: what its Docker objects are called by. */
  readonly prefix: string;
  /** `<root>/.dev`, `<root>/.test` and so on, mode 0700. */
  readonly folder: string;
}

/** Environments that tests may break: `npm test` keeps both busy. */
export const TEST_ENVIRONMENTS = ["test", "test2"] as const;

/** A person's environment, or one for tests; they share nothing but the cache. */
type EnvironmentName = "dev" | (typeof TEST_ENVIRONMENTS)[number];

/** Variable that says which environment is meant; unset, or no such name: `dev`. */
export const ENVIRONMENT_VARIABLE = "CLAUDE_FLEET_ENVIRONMENT";

/** An environment of the checkout at `root`; pure but for resolving links. */
function checkoutAt(root: string, environment: EnvironmentName = "dev"): Checkout {
  const real = realpathSync(root);
  const folder = join(real, `.${environment}`);
  const key = environment === "dev" ? real : `${real} ${environment}`;
  const id = createHash("sha256").update(key).digest("hex").slice(0, 12);
  return { root: real, environment, id, prefix: `claude-fleet-${environment}-${id.slice(0, 6)}`, folder };
}

/** The checkout that this file belongs to. */
export const checkout: Checkout = checkoutAt(
  join(dirname(fileURLToPath(import.meta.url)), ".."),
  TEST_ENVIRONMENTS.find((name) => name === process.env[ENVIRONMENT_VARIABLE]) ?? "dev",
);

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
