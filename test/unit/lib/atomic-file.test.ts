/** Files are written atomically. */
import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFileAtomic } from "../../../lib/atomic-file.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";
import { readRegularFile } from "../../../lib/regular-file.ts";

test("a write replaces the file, with exactly the given mode, and leaves nothing beside it", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "file");
  await writeFile(path, "old");
  await link(path, join(folder, "second-name"));
  await writeFileAtomic(path, "new", { mode: 0o640 });
  expect(await readFile(path, "utf8")).toBe("new");
  expect((await stat(path)).mode & 0o7777).toBe(0o640);
  expect(await readFile(join(folder, "second-name"), "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["file", "second-name"]);
});

test("a write replaces a link and does not follow it", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "target"), "untouched");
  await symlink("target", join(folder, "link"));
  await writeFileAtomic(join(folder, "link"), "new", { mode: 0o600 });
  expect(await readFile(join(folder, "target"), "utf8")).toBe("untouched");
  expect((await readRegularFile(join(folder, "link"), 10)).kind).toBe("file");
});

test("a failed write leaves the old file and no temporary file", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "taken"));
  await writeFile(join(folder, "taken", "inside"), "");
  await expect(writeFileAtomic(join(folder, "taken"), "new", { mode: 0o600 })).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["taken"]);
});
