/** Finds the Claude Code CLI, and starts it with one question: arguments, environment, version. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { resolve } from "node:path";
import lt from "semver/functions/lt.js";
import { describeEnd } from "../lib/process.ts";
import { runProcess } from "../lib/run-process.ts";

/**
 * Returns the arguments of one real inference. It reads no settings, loads no tool, hook or MCP server, and leaves no
 * session behind (https://code.claude.com/docs/en/cli-reference). `--bare` is not used, because it never reads a login.
 */
export function probeArguments(model: string): readonly string[] {
  return [
    "-p",
    "Reply OK",
    "--output-format",
    "json",
    "--model",
    model,
    "--no-session-persistence",
    "--tools",
    "",
    "--max-turns",
    "1",
    "--setting-sources",
    "",
    "--strict-mcp-config",
    "--disable-slash-commands",
    "--system-prompt",
    "Reply OK.",
  ];
}

/** The variables that a probe inherits: proxies, certificates, language and time zone. */
const KEPT =
  /^(?:https?_proxy|no_proxy|all_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|LANG|LC_ALL|TZ)$/i;

/**
 * Returns the whole environment of a probe. It passes on no variable that could name another credential, endpoint or model
 * (https://code.claude.com/docs/en/authentication, "Authentication precedence").
 */
export function probeEnvironment(
  user: { readonly name: string; readonly home: string },
  inherited: Readonly<Record<string, string | undefined>>,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = Object.entries(inherited).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && KEPT.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    PATH: SEARCH_PATH.join(":"),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    DISABLE_AUTOUPDATER: "1",
    // One retry survives a short fault. With the default of ten the CLI needs minutes to answer "overloaded".
    CLAUDE_CODE_MAX_RETRIES: "1",
    API_TIMEOUT_MS: "60000",
    ...extra,
  };
}

const SEARCH_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];

/** The folders where a user's CLI may lie, in the order in which its installers prefer them. A relative one is in the home. */
const CLAUDE_FOLDERS = [".local/bin", ".claude/local", ".npm-global/bin", ...SEARCH_PATH];

/** Returns the configured CLI, or the first that this process may run; undefined when there is none. */
export async function findClaude(home: string, configured?: string): Promise<string | undefined> {
  const found = CLAUDE_FOLDERS.map((folder) => resolve(home, folder, "claude"));
  for (const path of configured === undefined ? found : [configured]) {
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // It is missing, or this process has no right to run it.
    return false;
  }
}

/** Returns the CLI's version, such as `2.1.330`; `why`, a clause, when it could not be read. */
export async function claudeVersion(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly version: string } | { readonly why: string }> {
  // `--version` does not touch the login, so this call may be ended early.
  const end = await runProcess(path, ["--version"], {
    env: environment,
    deadlineMs: 60_000,
    maxOutputBytes: 10_000,
  });
  const version = /\b(\d+\.\d+\.\d+)\b/.exec(end.stdout)?.[1];
  if (end.code === 0 && version !== undefined) return { version };
  return { why: end.code === 0 ? "it named no version" : `it ${describeEnd(end)}` };
}

/** Whether version `a` comes before `b`; both `major.minor.patch`. */
export function isOlder(a: string, b: string): boolean {
  return lt(a, b, { loose: true });
}
