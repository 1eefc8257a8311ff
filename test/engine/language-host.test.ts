// The language host through the real engine: which stacks it runs, how a program's errors come out, and policy packs.
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, expectSuccess } from "../support/engine/project.ts";
import type { Project } from "../support/engine/project.ts";

const COMMAND = `import * as command from "@pulumi/command";
new command.local.Command("one", { create: "echo one" });`;

/** Without the project's preload an uncaught error takes up to two minutes and gigabytes to be coloured. */
const ERROR_MS = 120_000;

let project: Project;
beforeAll(async () => {
  project = await createProject({ program: COMMAND, config: { "engine-test:limit": "7" } });
});
afterAll(() => project.remove());

describe("stacks", () => {
  it("that do not allow the stand-ins are refused before anything runs", async () => {
    await expectSuccess(project.pulumi("config", "rm", "claude-fleet-dev:plugins"));
    const run = await project.up();
    expect(run.code).toBe(1);
    expect(run.output).toMatch(
      /Stack test is not for the stand-in plugins: claude-fleet-dev:plugins must be "stand-in".*does not set it/,
    );
    await expectSuccess(project.pulumi("config", "set", "claude-fleet-dev:plugins", "official"));
    expect((await project.preview()).output).toContain('has "official"');
    await expectSuccess(project.pulumi("config", "set", "claude-fleet-dev:plugins", "stand-in"));
  });
});

describe("programs", () => {
  it("get configuration, arguments of Node, and top-level await", async () => {
    await project.write(`import * as pulumi from "@pulumi/pulumi";
      await Promise.resolve();
      export const limit: number = new pulumi.Config().requireNumber("limit");
      export const stack = pulumi.getStack();`);
    await expectSuccess(project.up());
    expect(await project.outputs()).toEqual({ limit: 7, stack: "test" });
  });

  it(
    "that throw end soon, with the message and exit code 1",
    async () => {
      await project.write(`throw new Error("thrown on purpose");`);
      const run = await project.preview();
      expect(run.code).toBe(1);
      expect(run.output).toContain("thrown on purpose");
    },
    ERROR_MS,
  );

  it(
    "that throw in an apply end likewise",
    async () => {
      await project.write(`import * as pulumi from "@pulumi/pulumi";
      export const broken = pulumi.output(1).apply(() => { throw new Error("thrown in an apply"); });`);
      const run = await project.preview();
      expect(run.code).toBe(1);
      expect(run.output).toContain("thrown in an apply");
    },
    ERROR_MS,
  );

  it("that throw a RunError show its message without a stack", async () => {
    await project.write(`import * as pulumi from "@pulumi/pulumi"; throw new pulumi.RunError("just this");`);
    const run = await project.preview();
    expect(run.code).toBe(1);
    expect(run.output).toContain("error: just this");
    expect(run.output).not.toMatch(/^\s+at /m);
  });
});

describe("policy packs", () => {
  const pack = () => join(project.folder, "pack");
  beforeAll(async () => {
    await mkdir(pack());
    await symlink(join(project.folder, "node_modules"), join(pack(), "node_modules"));
    await writeFile(join(pack(), "PulumiPolicy.yaml"), "runtime: nodejs\n");
    await writeFile(
      join(pack(), "package.json"),
      JSON.stringify({ name: "pack", version: "0.0.1", type: "module", main: "index.js" }),
    );
    await writeFile(
      join(pack(), "index.js"),
      `import * as policy from "@pulumi/policy";
      import * as pulumi from "@pulumi/pulumi";
      new policy.PolicyPack("pack", { policies: [{
        name: "no-echo", description: "No command may echo.", enforcementLevel: "mandatory",
        validateResource: (args, report) => {
          if (args.type === "command:local:Command" && args.props.create.startsWith("echo")) {
            const limit = new pulumi.Config("engine-test").get("limit");
            report("echo in " + pulumi.getStack() + " with limit " + limit);
          }
        },
      }] });`,
    );
  });

  it("stop what they forbid, and know the stack's name and configuration", async () => {
    await project.write(COMMAND);
    const run = await project.preview("--policy-pack", pack());
    expect(run.code).not.toBe(0);
    expect(run.output).toContain("echo in test with limit 7");
  });

  it("let pass what they allow", async () => {
    await project.write(COMMAND.replace("echo one", "true"));
    const run = await expectSuccess(project.up("--policy-pack", pack()));
    expect(run.output).toMatch(/pack@v0\.0\.1/);
  });
});
