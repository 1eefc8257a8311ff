/**
 * Finds a CLAUDE_CODE_OAUTH_TOKEN that sessions inherit. It outranks the login, so a shared token gives all users one
 * identity. The agent never keeps its value.
 * See https://code.claude.com/docs/en/authentication, "Authentication precedence"
 */
import { join } from "node:path";
import type { Machine } from "../lib/machine-ports.ts";

/** Files that set the variable. `shared`: for every user of this host. `own`: for this user alone. */
export interface SharedToken {
  readonly shared: readonly string[];
  readonly own: readonly string[];
}

const MAX_BYTES = 1024 * 1024;
const SHARED_FILES = ["/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zshenv"];
const SHARED_ZSH = ["/etc/zsh/zshenv", "/etc/zsh/zprofile", "/etc/zsh/zshrc"];
const SHARED_FOLDERS = ["/etc/profile.d", "/etc/environment.d", "/etc/security/pam_env.conf.d"];
const OWN_FILES = [
  ".profile",
  ".bash_profile",
  ".bash_login",
  ".bashrc",
  ".zshenv",
  ".zprofile",
  ".zshrc",
  ".pam_environment",
  ".claude/settings.json",
  ".claude/settings.local.json",
];
/** Files of one folder that are read. More would keep a run for minutes. */
const MAX_FILES = 1000;
const MANAGED = "/etc/claude-code/managed-settings.json";

/** Matches an assignment in the notations of shells, environment.d, pam_env and JSON. A comment does not match. */
const ASSIGNMENT =
  /^[^#\n]*\bCLAUDE_CODE_OAUTH_TOKEN(?:\s*=\s*|["']\s*:\s*|\s+DEFAULT\s*=\s*)["']?[^\s"';&|]/m;

/** Reads the files from which a session's environment comes. */
export async function findSharedToken(world: Pick<Machine, "files">, home: string): Promise<SharedToken> {
  return {
    shared: await setting(world, [
      ...SHARED_FILES,
      ...SHARED_ZSH,
      "/etc/security/pam_env.conf",
      MANAGED,
      ...(await inFolders(world, SHARED_FOLDERS)),
    ]),
    own: await setting(world, [
      ...OWN_FILES.map((name) => join(home, name)),
      ...(await inFolders(world, [join(home, ".config/environment.d")])),
    ]),
  };
}

/** Whether a file's text sets the variable. */
export function setsToken(text: string): boolean {
  return ASSIGNMENT.test(text);
}

async function inFolders(
  world: Pick<Machine, "files">,
  folders: readonly string[],
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    const names = (await world.files.list(folder)).slice(0, MAX_FILES);
    for (const name of names) paths.push(join(folder, name));
  }
  return paths.sort();
}

async function setting(world: Pick<Machine, "files">, paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const reading = await world.files.read(path, MAX_BYTES);
    if (reading.kind === "file" && setsToken(reading.text)) found.push(path);
  }
  return found;
}
