/** What the site's own small task must print. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runSiteTask } from "../../../../host/rotation/site-command.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

describe("the site's small task", () => {
  async function program(lines: string): Promise<string> {
    const path = join(await temporaryFolder(), "task");
    await writeFile(path, `#!/bin/sh\n${lines}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it("reports its cost and its source in its last line", async () => {
    const path = await program(`echo working; echo '{"cost": 0, "source": "'$1'"}'`);
    expect(await runSiteTask([path, "max_subscription"])).toEqual({ cost: 0, source: "max_subscription" });
  });

  it("is named when it fails or prints something else", async () => {
    await expect(runSiteTask([await program("echo broken >&2; exit 3")])).rejects.toThrow(
      "ended with exit code 3 (broken)",
    );
    await expect(runSiteTask([await program("echo done")])).rejects.toThrow("did not end with a line like");
  });
});
