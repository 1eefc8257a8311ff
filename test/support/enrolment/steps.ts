/** Counts every effect of a process as a step: changes of files, and requests. Injects a fault at one of them. */
import { appendFileSync, readFileSync } from "node:fs";
import promises, { type FileHandle } from "node:fs/promises";
import http from "node:http";
import { basename } from "node:path";
import type { Injection, Stage } from "./injection.ts";

/** The functions of `node:fs/promises` that change something. */
const CHANGES = ["rename", "rm", "rmdir", "mkdir", "chmod", "chown", "symlink"] as const;
/** The steps that need space on the disk. */
const CREATES = new Set(["create", "write", "mkdir", "symlink"]);

type Any = (...args: unknown[]) => unknown;

/**
 * Wraps every effect of this process.
 * @param who the process: `host` or `user`
 * @param strike injects the fault; called before the step is taken
 */
export function countSteps(who: string, stage: Stage, strike: (injection: Injection) => void): void {
  let full = false;
  const step = (kind: string, what: string): void => {
    appendFileSync(stage.log, `${who}: ${kind} ${what}\n`);
    const taken = readFileSync(stage.log, "utf8").split("\n").length - 1;
    const { injection } = stage;
    if (injection.blow === "disk" && injection.step > 0 && taken >= injection.step) full = true;
    if (full && CREATES.has(kind)) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    if (taken === injection.step) strike(injection);
  };
  const fs = promises as unknown as Record<string, Any>;
  for (const name of CHANGES) {
    const original = fs[name] as Any;
    fs[name] = (...args) =>
      Promise.resolve().then(() => {
        step(name, place(String(name === "rename" || name === "symlink" ? args[1] : args[0])));
        return original(...args);
      });
  }
  const open = fs["open"] as Any;
  fs["open"] = async (...args) => {
    // This project always gives flags that create a file as numbers.
    const creates = typeof args[1] === "number" && (args[1] & 0o100) !== 0;
    if (creates) step("create", place(String(args[0])));
    const file = (await open(...args)) as FileHandle;
    if (creates) {
      const write = file.writeFile.bind(file);
      file.writeFile = async (...content: Parameters<typeof write>) => {
        step("write", place(String(args[0])));
        return write(...content);
      };
    }
    return file;
  };
  const request = http.request.bind(http) as Any;
  (http as unknown as Record<string, Any>)["request"] = (...args) => {
    step("ask", args[0] instanceof URL ? args[0].pathname : "");
    return request(...args);
  };
}

/** Returns the last part of a path, without its random digits. */
function place(path: string): string {
  return basename(path).replace(/[0-9a-f]{12}/, "*");
}
