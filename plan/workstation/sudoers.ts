/** Renders the sudoers rule that lets users start their own service, where the settings want it. */
import { userService } from "../units/names.ts";

/** sudo reads every file of this folder whose name has no dot. */
export const SUDOERS_FOLDER = "/etc/sudoers.d";

/** Returns the path of a fleet's rule. A fleet's name has no dot. */
export function sudoersPath(fleet: string): string {
  return `${SUDOERS_FOLDER}/claude-fleet-${fleet}`;
}

/**
 * Returns the text of the rule, one line for each user. sudo compares the whole list of arguments, so that no option such as
 * `--job-mode=` is allowed.
 * Source: https://www.sudo.ws/docs/man/1.9.13/sudoers.man/#Command_List
 */
export function sudoersRule(users: readonly string[]): string {
  const lines = users.map(
    (user) =>
      `${escaped(user)} ALL=(root) NOPASSWD: NOSETENV: /usr/bin/systemctl start ${escaped(userService(user))}`,
  );
  return `# Written by claude-fleet, which undoes edits.\n${lines.map((line) => `${line}\n`).join("")}`;
}

/** Escapes what sudoers reads as more than a character of a word. */
function escaped(word: string): string {
  return word.replace(/[^\w.@-]/g, "\\$&");
}
