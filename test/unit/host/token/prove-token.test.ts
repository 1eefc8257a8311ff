/** The scratch folder of the gate's CLI, which belongs to the account that runs the CLI. */
import { existsSync } from "node:fs";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeScratch } from "../../../../host/token/prove-token.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

/** Ids without an account. */
const RUNNER = { uid: 61_234, gid: 61_234 };
const asRoot = process.getuid?.() === 0;

async function scratchFolder(): Promise<string> {
  const scratch = await temporaryFolder();
  await mkdir(join(scratch, "folder"));
  await writeFile(join(scratch, "folder/file"), "");
  return scratch;
}

test("is removed with everything in it", async () => {
  const scratch = await scratchFolder();
  await removeScratch(scratch, undefined);
  expect(existsSync(scratch)).toBe(false);
});

test.runIf(asRoot)(
  "is emptied by its own account, never by root, whatever lies in it meanwhile",
  async () => {
    const scratch = await scratchFolder();
    await chown(scratch, RUNNER.uid, RUNNER.gid);
    await writeFile(join(scratch, "own"), "");
    await removeScratch(scratch, RUNNER);
    expect(existsSync(join(scratch, "own"))).toBe(false);
    expect(existsSync(join(scratch, "folder/file"))).toBe(true);
    for (const path of ["folder", "folder/file"]) await chown(join(scratch, path), RUNNER.uid, RUNNER.gid);
    await removeScratch(scratch, RUNNER);
    expect(existsSync(join(scratch, "folder"))).toBe(false);
  },
);
