/** Files are written atomically, and only regular files are read. */
import { chmod, link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRegularFile, readTextFile, writeFileAtomic } from "../../../lib/atomic-file.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

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

test("a reading says what lies at a path", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "file"), "12345");
  await symlink("file", join(folder, "link"));
  const kinds = async (name: string, max = 5) => (await readRegularFile(join(folder, name), max)).kind;
  expect(await kinds("file")).toBe("file");
  expect(await kinds("missing")).toBe("missing");
  expect(await kinds("file/below")).toBe("missing");
  expect(await kinds("link")).toBe("symlink");
  expect(await kinds(".")).toBe("directory");
  expect(await kinds("file", 4)).toBe("unreadable");
  expect((await readRegularFile("/dev/null", 10)).kind).toBe("other");
});

test("a file of /proc, which reports no size, is read to its end", async () => {
  const reading = await readRegularFile("/proc/self/status", 100_000);
  expect(reading.kind === "file" && reading.content.length > 0).toBe(true);
});

test("a folder in the place of a text file is an error that names it", async () => {
  const folder = await temporaryFolder();
  expect(await readTextFile(join(folder, "missing"), 10)).toBeUndefined();
  await expect(readTextFile(folder, 10)).rejects.toThrow(`${folder} is a folder, not a regular file; `);
  await chmod(folder, 0o700);
});
