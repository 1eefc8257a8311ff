// The Node processes that a language host runs: programs and policy packs.
import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const children = new Set<ChildProcess>();

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Whether any of them still runs. */
export function hasChildren(): boolean {
  return children.size > 0;
}

/** Interrupts all of them, so that they end in their own way. */
export function interruptChildren(): void {
  for (const child of children) child.kill("SIGINT");
}

/** Starts this Node with some arguments; `exit` settles when the process and its output have ended. */
export function startNode(
  args: readonly string[],
  options: SpawnOptions,
): { child: ChildProcess; exit: Promise<Exit> } {
  const child = spawn("node", args, options);
  children.add(child);
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once("error", (error) => {
      children.delete(child);
      reject(new Error(`Node cannot be started (${error.message}): is it on PATH?`, { cause: error }));
    });
    child.once("close", (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
    });
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
