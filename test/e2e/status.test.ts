/** `claude-fleet status`: whom it names, with what exit code, and that it needs neither Vault nor Pulumi. */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { STACK } from "../../dev/stack.ts";
import { claudeFleet, comeToRest, renewAfresh } from "../support/environment/operator.ts";
import { endPart, repairParts } from "../support/environment/parts.ts";
import { environmentSecrets, findSecrets } from "../support/environment/secrets.ts";
import { printed, run } from "../support/environment/run.ts";
import { onWorkstation, person, runService } from "../support/environment/workstation.ts";

const answer = z.object({
  summary: z.string(),
  needsPerson: z.number(),
  users: z.array(z.object({ user: z.string(), state: z.string(), command: z.string().optional() }).loose()),
  consumers: z.array(
    z.object({ service: z.string(), state: z.string(), matches: z.boolean().nullable() }).loose(),
  ),
});

let environment: DevEnvironment;
let folder: string;

beforeAll(async () => {
  environment = await devEnvironment();
  folder = await mkdtemp(join(tmpdir(), "claude-fleet-status-"));
  await environment.anthropic.behaveWell();
  for (const user of ["alice", "bob"]) await renewAfresh(environment, user);
  await runService(environment, "carol");
  await onWorkstation(environment, "systemctl start claude-fleet-collect.service");
});
afterAll(async () => {
  await claudeFleet(environment, "resume", "bob");
  await rm(folder, { recursive: true, force: true });
});

async function look() {
  const ended = await claudeFleet(environment, "status", "--json");
  return { code: ended.code, text: ended.stdout, ...answer.parse(JSON.parse(ended.stdout)) };
}

describe("a fleet that is well", () => {
  it("needs no person, and shows the state of every user", async () => {
    const seen = await look();
    expect(seen, seen.text).toMatchObject({ code: 0, needsPerson: 0, summary: "0 of 8 need a person" });
    expect(seen.users.map(({ user, state }) => [user, state])).toEqual([
      ["alice", "ok"],
      ["bob", "ok"],
      ["carol", "awaiting-login"],
      ["dave", "not-renewed"],
    ]);
    expect(seen.consumers.map(({ matches }) => matches)).toEqual([true, true, true, true, true]);
  });

  it("is told of with Vault down and Pulumi not there, and no secret is seen", async () => {
    await endPart("openbao", "SIGKILL");
    try {
      const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;
      const env = { HOME: folder, PATH, DOCKER_HOST: environment.dockerHost, NO_COLOR: "1" };
      const args = ["dist/claude-fleet.mjs", "status", "--stack", STACK, "--html", join(folder, "page.html")];
      const ended = await run(process.execPath, args, { cwd: checkout.root, env });
      expect(ended.code, ended.output).toBe(0);
      expect(ended.stdout).toBe("0 of 8 need a person\n");
      const page = await readFile(join(folder, "page.html"), "utf8");
      expect(page).toContain("<h1>0 of 8 need a person</h1>");
      expect(findSecrets(page, await environmentSecrets(environment))).toEqual([]);
    } finally {
      await repairParts();
    }
  });

  it("has figures of its tokens, which promtool takes", async () => {
    const file = join(folder, "claude_fleet_status.prom");
    expect((await claudeFleet(environment, "status", "--textfile", file)).code).toBe(0);
    const text = await readFile(file, "utf8");
    expect(text.match(/^claude_fleet_consumer_current\{.*\} 1$/gm)).toHaveLength(5);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    await printed("promtool", ["check", "metrics"], { input: text });
  });
});

describe("a user who is in trouble", () => {
  it("is named first, with the command; a pause takes them out", async () => {
    await environment.anthropic.revoke({ email: person("bob").email });
    expect((await runService(environment, "bob")).code).toBe(10);
    const seen = await look();
    expect(seen, seen.text).toMatchObject({ code: 2, summary: "1 of 8 need a person: bob" });
    expect(seen.users.find(({ user }) => user === "bob")).toMatchObject({
      state: "person",
      command: "npx claude-fleet login bob",
    });
    const table = await claudeFleet(environment, "status");
    expect(table.stdout).toMatch(/^1 of 8 need a person: bob\n/);
    await comeToRest(environment, "bob");
    expect(await look()).toMatchObject({ code: 0, summary: "0 of 8 need a person" });
  });
});
