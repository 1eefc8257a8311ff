/** Tests what a rotation keeps on the operator's machine. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newJournal, RotationFolder } from "../../../../cli/rotate/journal.ts";
import { setupToken } from "../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });

describe("the folder of a rotation", () => {
  it("is private, and its journal has no field for a secret", async () => {
    const folder = new RotationFolder("test-platform", { XDG_STATE_HOME: await temporaryFolder() });
    const secret = text(setupToken("secret"));
    await folder.keepToken(secret);
    const kept = folder.keptPlace;
    const journal = { ...newJournal("why"), target: "a".repeat(64) };
    await folder.write(journal);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect((await stat(join(kept, ".."))).mode & 0o777).toBe(0o700);
    expect(await folder.journal()).toEqual(journal);
    expect(await readFile(join(kept, "../journal.json"), "utf8")).not.toContain("fake-access");
    expect(await folder.keptToken()).toBe(secret);
    await folder.dropToken();
    expect(await folder.keptToken()).toBeUndefined();
    await folder.finish("report");
    expect(await folder.journal()).toBeUndefined();
  });

  it("says what to do when its journal is damaged", async () => {
    const folder = new RotationFolder("test-platform", { XDG_STATE_HOME: await temporaryFolder() });
    await writeFile(await folder.place("journal.json"), "{");
    await expect(folder.journal()).rejects.toThrow("Remove it, then start the rotation again.");
  });
});
