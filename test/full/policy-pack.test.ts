/** Every rule of the policy pack, run by the engine: a violation stops an `up` before anything is made. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rules } from "../../policy/rules.ts";
import { broken, kept } from "../support/component/policy/cases.ts";
import { createProject, expectSuccess, type Project } from "../support/engine/project.ts";

const PACK = fileURLToPath(new URL("../../policy", import.meta.url));
let project: Project;

/** One resource that nothing has been said against, and after it the one to judge. */
const program = (declaration: string) => `
  import * as command from "@pulumi/command";
  import * as docker from "@pulumi/docker";
  import * as vault from "@pulumi/vault";
  const first = new command.local.Command("first", { create: "touch made" });
  const dependsOn = first;
  ${declaration}
`;

/** Constructors of the types that stand-ins and official plugins both have. */
const CONSTRUCTORS = new Map([
  ["command:local:Command", "command.local.Command"],
  ["docker:index/container:Container", "docker.Container"],
  ["vault:generic/endpoint:Endpoint", "vault.generic.Endpoint"],
  ["vault:index/mount:Mount", "vault.Mount"],
  ["vault:index/policy:Policy", "vault.Policy"],
  ["vault:tokenauth/authBackendRole:AuthBackendRole", "vault.tokenauth.AuthBackendRole"],
]);

beforeAll(async () => {
  // No server is needed: the engine asks the rules first.
  project = await createProject({
    program: program(""),
    config: { "vault:address": "http://127.0.0.1:9", "vault:skipChildToken": "true" },
    env: { VAULT_TOKEN: "obviously-fake" },
  });
  // A stack for which every rule holds.
  await expectSuccess(project.pulumi("stack", "init", "prod"));
  await expectSuccess(project.pulumi("config", "set", "claude-fleet-dev:plugins", "stand-in"));
  await expectSuccess(project.pulumi("config", "set", "vault:address", "http://127.0.0.1:9"));
});
afterAll(() => project.remove());

describe("`pulumi up --policy-pack policy`", () => {
  it.each(rules.map(({ name }) => name))("is stopped by %s, before anything is made", async (rule) => {
    const found = broken.find(([name, , { type }]) => name === rule && CONSTRUCTORS.has(type));
    if (found === undefined) throw new Error(`No case of ${rule} can be declared here.`);
    const [, , { type, props, opts }, consequence] = found;
    const options = `{ ...${JSON.stringify(opts ?? {})}, dependsOn }`;
    await project.write(
      program(`new ${CONSTRUCTORS.get(type)}("one", ${JSON.stringify(props)}, ${options});`),
    );
    const run = await project.pulumi("up", "--yes", "--color", "never", "--policy-pack", PACK);
    expect(run.code, run.output).not.toBe(0);
    expect(run.output).toContain(rule);
    expect(run.output.replaceAll(/\s+/g, " ")).toContain("one: ");
    expect(run.output.replaceAll(/\s+/g, " ")).toContain(consequence);
    expect(existsSync(join(project.folder, "made"))).toBe(false);
  });

  it("goes on where every rule is kept", async () => {
    const command = kept.find(([what]) => what === "a command with a delete");
    const [, { props, opts }] = command ?? ["", { props: {} }];
    await project.write(
      program(`new command.local.Command("one", ${JSON.stringify(props)}, ${JSON.stringify(opts)});`),
    );
    const run = await project.pulumi("up", "--yes", "--color", "never", "--policy-pack", PACK);
    expect(run.code, run.output).toBe(0);
    expect(existsSync(join(project.folder, "made"))).toBe(true);
  });
});
