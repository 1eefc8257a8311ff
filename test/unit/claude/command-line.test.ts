/** How the CLI is found and asked: no other credential or endpoint reaches it. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  claudeVersion,
  findClaude,
  isOlder,
  probeArguments,
  probeEnvironment,
} from "../../../claude/command-line.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

test("the environment keeps only proxies, certificates and the language", () => {
  const environment = probeEnvironment(
    { name: "alice", home: "/home/alice" },
    {
      ANTHROPIC_API_KEY: "x",
      ANTHROPIC_AUTH_TOKEN: "x",
      ANTHROPIC_BASE_URL: "x",
      CLAUDE_CODE_OAUTH_TOKEN: "x",
      CLAUDE_CODE_USE_BEDROCK: "1",
      CLAUDE_CONFIG_DIR: "/elsewhere",
      VAULT_TOKEN: "x",
      NODE_OPTIONS: "--inspect",
      HOME: "/root",
      https_proxy: "http://proxy",
      NO_PROXY: "localhost",
      NODE_EXTRA_CA_CERTS: "/ca.pem",
      LANG: undefined,
    },
  );
  expect(Object.keys(environment).sort()).toEqual([
    "API_TIMEOUT_MS",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_MAX_RETRIES",
    "DISABLE_AUTOUPDATER",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_TELEMETRY",
    "HOME",
    "LOGNAME",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "PATH",
    "USER",
    "https_proxy",
  ]);
  expect(environment["HOME"]).toBe("/home/alice");
});

test("the arguments load no settings, tools or servers, and never contain --bare", () => {
  const args = probeArguments("haiku");
  expect(args).toContain("--strict-mcp-config");
  expect(args[args.indexOf("--setting-sources") + 1]).toBe("");
  expect(args[args.indexOf("--tools") + 1]).toBe("");
  expect(args).not.toContain("--bare");
});

test.each([
  ["2.1.225", "2.1.225", false],
  ["2.1.197", "2.1.225", true],
  ["2.2.0", "2.1.225", false],
  ["1.9.999", "2.0.0", true],
  ["2.1.1000", "2.1.225", false],
])("whether %s is older than %s: %s", (a, b, older) => {
  expect(isOlder(a, b)).toBe(older);
});

test("a configured CLI is the only candidate; otherwise the home's CLI comes first", async () => {
  const home = await temporaryFolder();
  const own = join(home, ".local/bin/claude");
  await mkdir(join(home, ".local/bin"), { recursive: true });
  await writeFile(own, "#!/bin/sh\necho '2.1.330 (Claude Code)'\n");
  expect(await findClaude(home, own)).toBeUndefined();
  await chmod(own, 0o755);
  expect(await findClaude(home)).toBe(own);
  expect(await findClaude(home, "/nonexistent/claude")).toBeUndefined();
  expect(await findClaude(home, home)).toBeUndefined();
  expect(await claudeVersion(own, {})).toEqual({ version: "2.1.330" });
  expect(await claudeVersion("/bin/false", {})).toEqual({ why: "it ended with exit code 1" });
  expect(await claudeVersion("/bin/true", {})).toEqual({ why: "it named no version" });
});
