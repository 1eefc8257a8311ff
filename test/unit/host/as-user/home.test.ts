/** A folder of the fleet that cannot be made in a home: the sentence names what lies in its way. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repairHome } from "../../../../host/as-user/home.ts";
import type { UserTask } from "../../../../host/as-user/task-messages.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

test.each<[string, (home: string) => Promise<unknown>, string]>([
  [
    "a link in the folder's place",
    async (home) => {
      await mkdir(join(home, ".config"));
      await symlink("/etc/hostname", join(home, ".config/claude-auth-sync"));
    },
    ".config/claude-auth-sync is a symbolic link to /etc/hostname; remove the link.",
  ],
  [
    "a link above it",
    (home) => symlink("/etc/hostname", join(home, ".config")),
    ".config is a symbolic link to /etc/hostname; remove the link.",
  ],
  ["a file above it", (home) => writeFile(join(home, ".config"), ""), "move away what lies in its place."],
])("%s", async (_, arrange, words) => {
  const home = await temporaryFolder();
  await arrange(home);
  await expect(repairHome({ home } as UserTask)).rejects.toThrow(words);
});
