/** What docs/operations/disaster.md says to type after a pulumi that was killed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { checkout } from "../../../dev/checkout.ts";
import { run } from "./run.ts";

/** Types it in that folder, in a shell with these variables, and says yes to its questions. */
export async function typeTheLineForAKilledPulumi(cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const text = readFileSync(join(checkout.root, "docs/operations/disaster.md"), "utf8");
  const line = /^\| `pulumi` was killed[^|]*\| `([^`]+)`/m.exec(text)?.[1];
  expect(line).toBeDefined();
  const ended = await run("sh", ["-c", line ?? ""], {
    cwd,
    env: { ...env, PULUMI_SKIP_CONFIRMATIONS: "true" },
  });
  expect(ended.code, ended.output).toBe(0);
}
