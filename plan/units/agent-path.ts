/** The path unit's template: what it watches stands in the drop-in, which alone knows the home. */
import { PATH_UNIT, dropInPath } from "./names.ts";

/**
 * Text of `claude-auth-sync@.path`, the same for every fleet, host and user.
 *
 * systemd refuses a path unit that watches nothing, so the template names a path that never is, and the drop-in puts
 * the user's own in its place. `PathChanged=` sees a file replaced by a rename, and one whose folder is made later.
 * Nothing is watched during a run: what changes then is the agent's to see before it ends.
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
