/** Only regular files are read, and a reading says what else lies at a path. */
import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRegularFile, readTextFile } from "../../../lib/regular-file.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

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
