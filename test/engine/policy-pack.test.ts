/** Runs the policy pack in the engine: a violation stops an `up` before it creates anything. test/full tests every rule. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, type Project } from "../support/engine/project.ts";

const PACK = fileURLToPath(new URL("../../policy", import.meta.url));
let project: Project;

const program = (deleteBeforeReplace: boolean) => `
  import * as command from "@pulumi/command";
  new command.local.Command("one", { create: "touch made", delete: "rm -f made" }, { deleteBeforeReplace: ${String(deleteBeforeReplace)} });
`;

beforeAll(async () => {
  project = await createProject({ program: program(false) });
});
afterAll(() => project.remove());

describe("`pulumi up --policy-pack policy`", () => {
  it("is stopped by a violation before it creates anything, and names rule, resource and consequence", async () => {
    const run = await project.up("--policy-pack", PACK);
    expect(run.code).not.toBe(0);
    expect(run.output).toContain("safe-delete");
    expect(run.output).toContain("one: The old command's delete would run after the new one's create");
    expect(existsSync(join(project.folder, "made"))).toBe(false);
  });

  it("runs where every rule is kept", async () => {
    await project.write(program(true));
    const run = await project.up("--policy-pack", PACK);
    expect(run.code, run.output).toBe(0);
    expect(existsSync(join(project.folder, "made"))).toBe(true);
  });
});
