/** Renders the template of the path unit. The drop-in names the watched files, because they lie in the home. */
import { PATH_UNIT, dropInPath } from "./names.ts";

/**
 * Returns the text of `claude-auth-sync@.path`, which is the same for every fleet, host and user.
 *
 * systemd refuses a path unit that watches nothing. The template therefore names a path that never exists, and the drop-in
 * replaces it. `PathChanged=` notices a file that a rename replaces, and a file whose folder is created later. systemd
 * watches nothing during a run, so the agent itself checks for changes before it ends.
 */
export function pathTemplate(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=Whether the Claude Code login of %i has changed
AssertPathExists=${dropInPath(PATH_UNIT.replace("@", "@%i"))}

[Path]
PathChanged=/nonexistent/%i
MakeDirectory=no
Unit=claude-auth-sync-backup@%i.service

[Install]
WantedBy=paths.target
`;
}
