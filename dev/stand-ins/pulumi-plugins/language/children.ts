// The Node processes that a language host runs: programs and policy packs.
import { createRequire } from "node:module";
import { join } from "node:path";
import { endOf, start, type ProcessEnd, type StartOptions } from "../../../../lib/process.ts";

const children = new Set<{ kill(signal: NodeJS.Signals): boolean }>();

/** Returns whether any of them still runs. */
export function hasChildren(): boolean {
  return children.size > 0;
}

/** Interrupts all of them, so that they end in their own way. */
export function interruptChildren(): void {
  for (const child of children) child.kill("SIGINT");
}

/** Starts the Node of PATH. `exit` settles when the process and its output have ended. */
export function startNode<T extends StartOptions>(args: readonly string[], options: T) {
  const child = start("node", args, { ...options, buffer: false });
  children.add(child);
  const exit = child.then((result): ProcessEnd => {
    children.delete(child);
    const end = endOf(result);
    if (end.notRun === undefined) return end;
    throw new Error(`Node cannot be started (${end.notRun}): is it on PATH?`, { cause: result.cause });
  });
  return { child, exit };
}

/**
 * The file of a module as the program in `folder` would load it.
 * @throws Error when the program's packages are not installed.
 */
export function locate(module: string, folder: string): string {
  try {
    return createRequire(join(folder, "noop.js")).resolve(module);
  } catch (cause) {
    throw new Error(`${module} is not installed for ${folder}: run \`npm ci\` there.`, { cause });
  }
}
