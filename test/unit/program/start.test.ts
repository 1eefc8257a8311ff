// Pulumi starts the program by a bundle, which is built again exactly when something that it was made from has changed.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endOf, start } from "../../../lib/process.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Stands in for the real build, which takes seconds: it notes each run, and bundles by adding a line. */
const BUILD = `import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
appendFileSync("builds", "x");
const source = readFileSync("index.ts", "utf8");
if (source.includes("broken")) { console.error("index.ts:1: broken"); process.exit(1); }
mkdirSync("dist", { recursive: true });
writeFileSync("dist/program.mjs", source.replace(": string", ""));
const stamp = (file) => [file, [statSync(file).size, statSync(file).mtimeMs]];
writeFileSync("dist/built-from.json", JSON.stringify(Object.fromEntries(["index.ts", "dist/program.mjs"].map(stamp))));
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "claude-fleet-start-"));
  await Promise.all([mkdir(path.join(folder, "program")), mkdir(path.join(folder, "build"))]);
  await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  await cp(path.join(ROOT, "program/start.mjs"), path.join(folder, "program/start.mjs"));
  await write("package.json", '{"type": "module"}');
  await write("build/main.ts", BUILD);
  await write("index.ts", 'const said: string = "first"; console.log(said, import.meta.dirname);');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the program that Pulumi starts", () => {
  it("is built once, and keeps the place of index.ts", async () => {
    await run();
    expect(await run()).toMatchObject({ code: 0, stdout: `first ${folder}\n` });
    expect(await builds()).toBe(1);
  });

  it.each([
    ["a source has changed", () => write("index.ts", 'const said: string = "other"; console.log(said);')],
    ["a source has only another time", () => utimes(path.join(folder, "index.ts"), 1, 1)],
    ["a bundle has changed", () => write("dist/program.mjs", 'console.log("forged");')],
    ["a bundle is missing", () => rm(path.join(folder, "dist/program.mjs"))],
    ["the list of sources is no JSON", () => write("dist/built-from.json", "{")],
  ])("is built again when %s", async (_, change) => {
    await run();
    await change();
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^(?:first|other) ?/);
    expect(await builds()).toBe(2);
  });

  it("does not start when the build fails, and shows why", async () => {
    await write("index.ts", "broken");
    expect(await run()).toMatchObject({ code: 1, stdout: "", stderr: "index.ts:1: broken\n" });
  });
});

function write(file: string, text: string): Promise<void> {
  return writeFile(path.join(folder, file), text);
}

async function run() {
  const argv = [
    "--import",
    "./program/start.mjs",
    "--input-type=module",
    "--eval",
    'await import("./index.ts");',
  ];
  return endOf(await start(process.execPath, argv, { cwd: folder, env: process.env, stdin: "ignore" }));
}

async function builds(): Promise<number> {
  return (await readFile(path.join(folder, "builds"), "utf8")).length;
}
