/** A program that fails after the engine has done everything else, as an `up` does in which a token is left out. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProject, expectSuccess, type Project } from "../support/engine/project.ts";
import { fileURLToPath } from "node:url";

const OUTCOME = fileURLToPath(new URL("../../components/resource-outcome.ts", import.meta.url));
const declare = (name: string) =>
  `new command.local.Command("${name}", { create: "sleep 1; echo ${name}" });`;
const program = (...names: string[]) =>
  `import * as command from "@pulumi/command";\n${names.map(declare).join("\n")}`;

let project: Project;
beforeAll(async () => {
  project = await createProject({ program: program("stays", "of-the-token") });
});
afterAll(() => project.remove());

it.each([[[]], [["--continue-on-error"]]])(
  "creates the rest, deletes nothing, and says why: %j",
  async (flags) => {
    await project.write(program("stays", "of-the-token"));
    await expectSuccess(project.up());
    const fresh = `fresh${flags.length}`;
    await project.write(`${program("stays", fresh)}
    import * as pulumi from "@pulumi/pulumi";
    import { allFinished } from ${JSON.stringify(OUTCOME)};
    await allFinished();
    throw new pulumi.RunError("the token was left out");`);
    const run = await project.up("--skip-preview", ...flags);
    expect(run.code).not.toBe(0);
    expect(run.output).toContain("the token was left out");
    const names = (await project.resources()).map(({ urn }) => urn.split("::").at(-1));
    expect(names).toEqual(expect.arrayContaining(["stays", "of-the-token", fresh]));
  },
);
