// Commands through the real engine: what runs when, what the state keeps, and that nothing outlives the engine.
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, expectSuccess, finish, readMaybe } from "../../support/engine/project.ts";
import type { Project, StoredResource } from "../../support/engine/project.ts";

const IMPORTS = `
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
`;
const SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d";
/** The CLI's exit code for changes that `--expect-no-changes` found. */
const CHANGES = 7;

let project: Project;
beforeAll(async () => {
  project = await createProject({ program: IMPORTS });
});
afterAll(() => project.remove());

/** Replaces the program by one that declares these resources, and applies it. */
async function apply(program: string) {
  await project.write(IMPORTS + program);
  return project.up();
}

const named = async (name: string): Promise<StoredResource> => {
  const found = (await project.resources()).find((resource) => resource.urn.endsWith(`::${name}`));
  if (found === undefined) throw new Error(`${name} is not in the state.`);
  return found;
};
const written = (name: string) => readMaybe(join(project.folder, name));
const log = () => written("log");

describe("a command's life", () => {
  it("runs in the program's folder and keeps both outputs without their last line feed", async () => {
    await expectSuccess(
      apply(`new command.local.Command("a", { create: "pwd; echo problem >&2; echo", logging: "none" });`),
    );
    expect((await named("a")).outputs).toMatchObject({ stdout: `${project.folder}\n`, stderr: "problem" });
  });

  it("runs update for a changed input, with the outputs before in its environment", async () => {
    const program = (text: string) => `new command.local.Command("a", {
      create: "echo created", update: "echo $PULUMI_COMMAND_STDOUT then ${text}", delete: "echo deleted >>log",
    });`;
    await expectSuccess(apply(program("one")));
    await expectSuccess(apply(program("two")));
    expect((await named("a")).outputs["stdout"]).toMatch(/ then two$/);
    expect(await log()).toBeUndefined();
  });

  it("replaces for a changed trigger: the new one is created before the old one is deleted", async () => {
    const program = (trigger: string) => `new command.local.Command("b", {
      create: "echo create ${trigger} >>replaced", update: "echo update >>replaced", delete: "echo delete ${trigger} >>replaced",
      triggers: ["${trigger}"],
    });`;
    await expectSuccess(apply(program("one")));
    const run = await expectSuccess(apply(program("two")));
    expect(run.output).toMatch(/replaced/);
    expect((await written("replaced"))?.split("\n")).toEqual(["create one", "create two", "delete one", ""]);
  });

  it("deletes first when the program says so", async () => {
    const program = (trigger: string) => `new command.local.Command("c", {
      create: "echo create ${trigger} >>deleted-first", delete: "echo delete ${trigger} >>deleted-first", triggers: ["${trigger}"],
    }, { deleteBeforeReplace: true });`;
    await expectSuccess(apply(program("one")));
    await expectSuccess(apply(program("two")));
    expect((await written("deleted-first"))?.split("\n")).toEqual([
      "create one",
      "delete one",
      "create two",
      "",
    ]);
  });

  it("orders by dependsOn", async () => {
    await writeFile(join(project.folder, "log"), "");
    await expectSuccess(
      apply(`
        const slow = new command.local.Command("slow", { create: "sleep 0.5; echo slow >>log" });
        new command.local.Command("after", { create: "echo after >>log" }, { dependsOn: [slow] });
      `),
    );
    expect(await log()).toMatch(/slow\nafter\n/);
  });
});

describe("what the engine takes for a change", () => {
  it("exits with 7 for a change, and with 0 without one or where it is ignored", async () => {
    const program = (note: string, options: string) => `new command.local.Command("n", {
      create: "true", environment: { NOTE: "${note}", OTHER: "same" },
    }, ${options});`;
    await expectSuccess(apply(program("one", "{}")));
    expect((await project.preview("--expect-no-changes")).code).toBe(0);
    await project.write(IMPORTS + program("two", "{}"));
    const changed = await project.preview("--expect-no-changes", "--diff");
    expect(changed.code).toBe(CHANGES);
    expect(changed.output).toMatch(/NOTE.*"one" => "two"/);
    await project.write(IMPORTS + program("two", '{ ignoreChanges: ["environment.NOTE"] }'));
    expect((await project.preview("--expect-no-changes")).code).toBe(0);
  });

  it("shows an output as unknown in the preview of a change, and passes it on", async () => {
    const program = (text: string) => `
      const first = new command.local.Command("first", { create: "echo ${text}" });
      new command.local.Command("second", { create: "cat", stdin: first.stdout });
    `;
    await expectSuccess(apply(program("one")));
    await project.write(IMPORTS + program("two"));
    const preview = await project.preview("--json");
    const steps = (JSON.parse(preview.output) as { steps: { op: string; urn: string }[] }).steps;
    const changed = steps.filter(({ op }) => op === "update").map(({ urn }) => urn.split("::").at(-1));
    expect(changed.sort()).toEqual(["first", "second"]);
    await expectSuccess(project.up());
    expect((await named("second")).outputs["stdout"]).toBe("two");
  });

  it("names an unknown property and a wrong form, and runs nothing", async () => {
    const run = await apply(`
      // The SDK drops what it does not know: sent as another language's SDK might.
      new pulumi.CustomResource("command:local:Command", "bad", {
        create: "touch ran", creat: "x", environment: { A: 1 },
      }, { version: "1.2.1" });
    `);
    expect(run.code).not.toBe(0);
    expect(run.output).toMatch(/creat is not known to the stand-in plugin/);
    expect(run.output).toMatch(/environment\.A is a number: give text/);
    expect(existsSync(join(project.folder, "ran"))).toBe(false);
  });
});

describe("failures", () => {
  it("tells command and output, and keeps no state of a create that failed", async () => {
    const run = await apply(
      `new command.local.Command("f", { create: "echo why; exit 3", delete: "true" });`,
    );
    expect(run.code).toBe(1);
    expect(run.output).toMatch(/exit status 3: running "echo why; exit 3":\n +why/);
    expect((await project.resources()).some(({ urn }) => urn.endsWith("::f"))).toBe(false);
  });

  it("keeps the state before an update that failed, and tries again", async () => {
    const program = (update: string) =>
      `new command.local.Command("g", { create: "echo made", update: "${update}" });`;
    await expectSuccess(apply(program("echo one")));
    expect((await apply(program("exit 4"))).code).toBe(1);
    expect((await named("g")).inputs["update"]).toBe("echo one");
    expect((await named("g")).outputs["stdout"]).toBe("made");
    expect((await project.preview("--expect-no-changes")).code).toBe(CHANGES);
  });

  it("goes on with the others under --continue-on-error", async () => {
    await project.write(
      `${IMPORTS}
      new command.local.Command("broken", { create: "exit 5" });
      new command.local.Command("well", { create: "echo well" });`,
    );
    expect((await project.up("--continue-on-error")).code).toBe(1);
    expect((await named("well")).outputs["stdout"]).toBe("well");
  });
});

describe("secrets", () => {
  it("are encrypted where the program says so, inputs and outputs alike", async () => {
    await expectSuccess(
      apply(`new command.local.Command("s", {
        create: "cat", stdin: pulumi.secret("planted-value"), logging: "none",
        environment: { PLAIN: "shown", HIDDEN: pulumi.secret("planted-value") },
      }, { additionalSecretOutputs: ["stdout", "stderr"] });`),
    );
    const { inputs, outputs } = await named("s");
    expect(JSON.stringify({ inputs, outputs })).not.toContain("planted-value");
    for (const held of [inputs, outputs]) {
      expect(held["stdin"]).toHaveProperty(SECRET_SIGNATURE);
      expect(held["environment"]).toMatchObject({ PLAIN: "shown" });
    }
    expect(outputs["stdout"]).toHaveProperty(SECRET_SIGNATURE);
  });

  it("are not taken from the stdin into a plain stdout's place: the program has to say it, as with the official plugin", async () => {
    await expectSuccess(
      apply(`new command.local.Command("p", { create: "echo plain", stdin: pulumi.secret("planted") });`),
    );
    expect((await named("p")).outputs["stdout"]).toBe("plain");
  });
});

describe("command.local.run", () => {
  it("runs in previews too, and leaves nothing in the state", async () => {
    await writeFile(join(project.folder, "log"), "");
    await project.write(
      `${IMPORTS} export const said = command.local.runOutput({ command: "echo again >>log; echo said" }).stdout;`,
    );
    await expectSuccess(project.preview());
    await expectSuccess(project.up());
    expect(await log()).toMatch(/^(again\n){2,}/);
    expect(await project.outputs()).toEqual({ said: "said" });
    expect((await project.resources()).every(({ type }) => !type.startsWith("command:"))).toBe(true);
  });
});

describe("an engine that ends early", () => {
  const program = `new command.local.Command("long", { create: "echo $$ >pid; sleep 300; true" });`;

  it("leaves no command running after kill -9", async () => {
    await project.write(IMPORTS + program);
    const launcher = project.start(["up", "--yes", "--skip-preview"]);
    const ended = finish(launcher);
    const shell = await pidIn("pid");
    const engine = parentOf(parentOf(shell));
    process.kill(engine, "SIGKILL");
    await ended;
    await expect.poll(() => isAlive(shell), { timeout: 10_000 }).toBe(false);
    await expect.poll(() => sleepersIn(project.folder), { timeout: 10_000 }).toEqual([]);
    await expectSuccess(project.pulumi("cancel", "--yes"));
    await expectSuccess(project.pulumi("refresh", "--yes", "--clear-pending-creates", "--skip-preview"));
  });

  it("ends a command on SIGINT, says so, and frees the lock", async () => {
    await writeFile(join(project.folder, "pid"), "");
    await project.write(`${IMPORTS}
      new command.local.Command("long", { create: "echo $$ >pid; exec sleep 300" });`);
    const launcher = project.start(["up", "--yes", "--skip-preview", "--color", "never"]);
    const ended = finish(launcher);
    const shell = await pidIn("pid");
    process.kill(parentOf(parentOf(shell)), "SIGINT");
    const run = await ended;
    expect(run.code).toBe(1);
    expect(run.output).toContain("signal: killed: running");
    expect(isAlive(shell)).toBe(false);
    await expectSuccess(project.preview());
  });
});

/** The process id that a command has written. */
async function pidIn(name: string): Promise<number> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const pid = Number.parseInt((await readMaybe(join(project.folder, name))) ?? "", 10);
    if (pid > 0) return pid;
    await sleep(50);
  }
  throw new Error("The command did not start within a minute.");
}

function statusOf(pid: number): string | undefined {
  const file = `/proc/${String(pid)}/status`;
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(statusOf(pid) ?? "")?.[1]);
}

function isAlive(pid: number): boolean {
  const status = statusOf(pid);
  return status !== undefined && !/^State:\s+Z/m.test(status);
}

/** Processes that sleep in a folder. */
function sleepersIn(folder: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return (
        readlinkSync(`/proc/${pid}/cwd`) === folder &&
        readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep")
      );
    } catch {
      // Ended meanwhile.
      return false;
    }
  });
}
