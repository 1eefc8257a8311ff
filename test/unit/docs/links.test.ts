/** Every link and every path in the docs leads to a file of this project, and to a heading that this file has. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const files = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(ROOT, file)));
const pages = files.filter((file) => file.endsWith(".md"));
const folders = new Set(files.map((file) => file.split("/")[0]));

/** Files that the build makes. */
const MADE = ["dist/claude-fleet.mjs"];

/** Anchors as GitHub makes them from headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = readFileSync(join(ROOT, page), "utf8").matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-"),
    ),
  );
}

test.each(pages)("%s", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  const broken = [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && statSync(join(ROOT, target)).isFile() && !anchorsOf(target).has(anchor);
    });
  expect(broken).toEqual([]);
});

test.each(pages)("%s names paths that exist", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  const missing = [...text.matchAll(/`([\w.@-]+(?:\/[\w.@-]+)+)\/?`/g)]
    .map(([, path = ""]) => path)
    .filter((path) => folders.has(path.split("/")[0]) && /\.(?:ts|cjs|mjs|md|ya?ml|json)$/.test(path))
    .filter((path) => !existsSync(join(ROOT, path)) && !MADE.includes(path));
  expect(missing).toEqual([]);
});
