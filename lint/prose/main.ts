/** `npm run lint:prose [-- FILE ...]`: checks the prose of docs, docstrings, comments and messages. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { checkProse } from "./prose.ts";

/** The glossary names the retired words, and the test of the lint uses them. */
const EXEMPT = ["docs/glossary.md", "lint/prose/glossary.ts", "test/unit/lint/prose.test.ts"];

const named = process.argv.slice(2);
const tracked = execFileSync("git", ["ls-files", "*.md", "*.ts"], { encoding: "utf8" });
const files =
  named.length > 0 ? named : tracked.split("\n").filter((file) => existsSync(file) && !EXEMPT.includes(file));

let count = 0;
for (const file of files) {
  for (const { line, rule, message } of await checkProse(file, readFileSync(file, "utf8"))) {
    process.stdout.write(`${file}:${line}  ${rule}: ${message}\n`);
    count++;
  }
}
process.stdout.write(count === 0 ? "" : `${count} sentences to rewrite\n`);
process.exitCode = count === 0 ? 0 : 1;
