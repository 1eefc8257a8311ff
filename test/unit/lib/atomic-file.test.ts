/** Files appear whole or not at all; what is no regular file is never read. */
import { chmod, link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRegularFile, readTextFile, writeFileAtomic } from "../../../lib/atomic-file.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

test("a write replaces the file by a new one, with exactly its rights, and leaves nothing beside it", async () => {
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

test("a write that fails leaves the old file and no temporary one", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "taken"));
  await writeFile(join(folder, "taken", "inside"), "");
  await expect(writeFileAtomic(join(folder, "taken"), "new", { mode: 0o600 })).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["taken"]);
});

test("what lies at a path is told apart", async () => {
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

test("a file whose size lies is read to its end all the same", async () => {
  const reading = await readRegularFile("/proc/self/status", 100_000);
  expect(reading.kind === "file" && reading.content.length > 0).toBe(true);
});

test("text that must be a file but is not is an error that names it", async () => {
  const folder = await temporaryFolder();
  expect(await readTextFile(join(folder, "missing"), 10)).toBeUndefined();
  await expect(readTextFile(folder, 10)).rejects.toThrow(`${folder} is a folder, not a regular file; `);
  await chmod(folder, 0o700);
});
