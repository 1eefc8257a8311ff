/** Which stack a command is about, and its plan without the engine. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { chooseStack, projectFolder } from "../../../../cli/stack/project.ts";
import { readStackPlan } from "../../../../cli/stack/open-stack.ts";
import { findUser } from "../../../../cli/user/for-user.ts";
import { PlanError } from "../../../../plan/load.ts";
import { load, ROSTER, STACK } from "../../../support/plan/fixtures.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

let root: string;
let home: string;

beforeEach(async () => {
  root = join(await temporaryFolder(), "project");
  home = join(root, "../pulumi");
  await mkdir(join(root, "deep/down"), { recursive: true });
  await writeFile(join(root, "Pulumi.yaml"), "name: claude-fleet\nruntime: nodejs\n");
  await writeFile(join(root, "Pulumi.prod.yaml"), STACK);
  await writeFile(join(root, "roster.yaml"), ROSTER);
});

const another = () => writeFile(join(root, "Pulumi.test.yaml"), STACK);
const variables = (more: NodeJS.ProcessEnv = {}) => ({ PULUMI_HOME: home, ...more });

/** What `pulumi stack select` leaves. */
async function select(workspace: object, backend = "file:///state"): Promise<void> {
  const key = createHash("sha1").update(join(root, "Pulumi.yaml")).digest("hex");
  await mkdir(join(home, "workspaces"), { recursive: true });
  await writeFile(join(home, `workspaces/claude-fleet-${key}-workspace.json`), JSON.stringify(workspace));
  await writeFile(join(home, "credentials.json"), JSON.stringify({ current: backend }));
}

describe("the project", () => {
  it("is found from any folder inside it", () => {
    expect(projectFolder(join(root, "deep/down"))).toBe(root);
  });
});

describe("the stack", () => {
  it("is the only one that has settings", () => {
    expect(chooseStack(root, undefined, variables())).toBe("prod");
  });

  it("is asked for when there are several and none is selected", async () => {
    await another();
    expect(() => chooseStack(root, undefined, variables())).toThrow(
      "Which stack is meant? Name one by --stack (prod, test), or select one: `pulumi stack select`.",
    );
  });

  it.each([
    [
      "by the backend in use",
      { stacks: { "file:///state": "organization/claude-fleet/test", other: "prod" } },
    ],
    ["by an older Pulumi", { stack: "test" }],
  ])("is the selected one, as kept %s", async (_, workspace) => {
    await another();
    await select(workspace);
    expect(chooseStack(root, undefined, variables())).toBe("test");
  });

  it("is not the one that is selected for another backend", async () => {
    await another();
    await select({ stacks: { "file:///state": "test" } });
    const env = variables({ PULUMI_BACKEND_URL: "s3://state" });
    expect(() => chooseStack(root, undefined, env)).toThrow("Which stack is meant?");
  });

  it("is the named one before all others", async () => {
    await another();
    await select({ stack: "test" });
    expect(chooseStack(root, "prod", variables({ PULUMI_STACK: "test" }))).toBe("prod");
    expect(chooseStack(root, undefined, variables({ PULUMI_STACK: "prod" }))).toBe("prod");
  });

  it("must have settings; a near name is suggested", () => {
    expect(() => chooseStack(root, "prd", variables())).toThrow('did you mean "prod"?');
    expect(() => chooseStack(root, "elsewhere", variables())).toThrow("known are prod");
  });
});

describe("the plan", () => {
  it("is the one that the program reads", () => {
    expect(readStackPlan(root, "prod")).toEqual(load({ projectFolder: root }));
  });

  it("says what is wrong with the files, with its place", async () => {
    await writeFile(join(root, "roster.yaml"), ROSTER.replace("alice@", "alice"));
    expect(() => readStackPlan(root, "prod")).toThrow(PlanError);
    expect(() => readStackPlan(root, "prod")).toThrow(/^roster\.yaml:\d+:\d+ {2}users\.alice\.email/);
  });

  it("is not made of a file that is no map", async () => {
    await writeFile(join(root, "Pulumi.prod.yaml"), "- a list\n");
    expect(() => readStackPlan(root, "prod")).toThrow(PlanError);
  });
});

describe("the user", () => {
  const roster = `${ROSTER}  guest: { workstation: devvm, email: g@example.com, renewal: false }\n`;

  it("is found with their workstation", () => {
    expect(findUser(load({ roster }), "alice")).toMatchObject({
      user: { email: "alice@example.com" },
      workstation: { name: "devvm" },
    });
  });

  it.each([
    ["alcie", 'The roster has no user "alcie"; did you mean "alice"?'],
    ["zz", 'The roster has no user "zz"; add the user to the roster, then `pulumi up`'],
    ["\u001b[2J", 'The roster has no user "\\u001b[2J"; add the user to the roster, then `pulumi up`'],
    ["guest", "guest is not renewed: the roster says `renewal: false`. Set it to true, then `pulumi up`."],
  ])("%j is refused with what to do", (name, message) => {
    expect(() => findUser(load({ roster }), name)).toThrow(message);
  });
});
