// The environment's own commands: a second `up` changes nothing, a killed part comes back, `dev:env` makes a shell.
import { beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns } from "../support/environment/containers.ts";
import { endPart, repairParts } from "../support/environment/parts.ts";
import { expectSuccess, preview } from "../support/environment/pulumi.ts";
import { run } from "../support/environment/run.ts";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});

/** `npm run -s dev:env` of this environment. */
const printLines = () => run(process.execPath, ["dev/bootstrap.mjs", "env"], { cwd: checkout.root });

describe("dev:env", () => {
  it("makes any POSIX shell speak to every part", async () => {
    const { HOME = "/", PATH = "" } = process.env;
    const env = { HOME, PATH, CLAUDE_FLEET_ENVIRONMENT: checkout.environment, VAULT_NAMESPACE: "elsewhere" };
    const script = [
      'eval "$(node dev/bootstrap.mjs env)"',
      "bao token lookup -format=json >/dev/null && echo vault",
      `npx pulumi stack output awaitingLogin --stack ${checkout.environment} >/dev/null && echo pulumi`,
      "docker ps --format '{{.Names}}' | grep -c -- -runner-agent$",
      "$DEV_WORKSTATION_SSH hostname",
      'test -s "$DEV_TOKEN_FILE" && echo token file',
      "node -e 'const { username, password, origin, pathname } = new URL(process.env.DEV_API_CONTROL); fetch(`${origin}${pathname}/health`, { headers: { authorization: `Bearer ${password}` } }).then(({ status }) => console.log(username, status))'",
    ].join("\n");
    const ended = await run("sh", ["-euc", script], { cwd: checkout.root, env });
    expect(ended.stdout.trim().split("\n"), ended.output).toEqual([
      "vault",
      "pulumi",
      "1",
      "devvm",
      "token file",
      "dev 200",
    ]);
  });
});

describe("a part that was killed", () => {
  it.each(["anthropic", "openbao"] as const)("%s: dev:env refuses, and `up` brings it back", async (part) => {
    const before = await containerRuns(environment);
    await endPart(part, "SIGKILL");
    try {
      const lines = await printLines();
      expect(lines.code).toBe(1);
      expect(lines.stdout).toBe("");
      expect(lines.stderr).toMatch(/The development environment is not up \(.*\): run "npm run up"\.\n$/);
    } finally {
      await repairParts();
    }
    expect((await printLines()).code).toBe(0);
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
    expect(await containerRuns(environment)).toEqual(before);
  });
});
