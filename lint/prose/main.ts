/** `npm run lint:prose [-- FILE ...]`: checks the prose of docs, docstrings, comments and messages. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256Of } from "../../lib/sha256.ts";
import { checkProse } from "./prose.ts";

/** The glossary names the retired words, and the test of the lint uses them. */
const EXEMPT = ["docs/glossary.md", "lint/prose/glossary.ts", "test/unit/lint/prose.test.ts"];

/** Digests of accepted files, one a line: a run checks only what has changed since the last run. */
const ACCEPTED = "node_modules/.cache/claude-fleet/accepted-prose";

const named = process.argv.slice(2);
const tracked = execFileSync("git", ["ls-files", "*.md", "*.ts"], { encoding: "utf8" }).split("\n");
const files = (named.length > 0 ? named : tracked).filter(
  (file) => existsSync(file) && !EXEMPT.includes(file),
);

// Another rule or another version of textlint makes all digests invalid.
const folder = dirname(fileURLToPath(import.meta.url));
const rules = sha256Of(
  [...readdirSync(folder).map((file) => join(folder, file)), "package-lock.json"]
    .map((file) => readFileSync(file, "utf8"))
    .join("\n"),
);
const before = new Set(existsSync(ACCEPTED) ? readFileSync(ACCEPTED, "utf8").split("\n") : []);
const accepted = new Set(named.length > 0 ? before : []);

let count = 0;
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const digest = sha256Of([rules, file, text].join("\n"));
  const complaints = before.has(digest) ? [] : await checkProse(file, text);
  for (const { line, rule, message } of complaints) {
    process.stdout.write(`${file}:${line}  ${rule}: ${message}\n`);
  }
  if (complaints.length === 0) accepted.add(digest);
  count += complaints.length;
}
mkdirSync(dirname(ACCEPTED), { recursive: true });
writeFileSync(ACCEPTED, [...accepted].join("\n"));
process.stdout.write(count === 0 ? "" : `${count} sentences to rewrite\n`);
process.exitCode = count === 0 ? 0 : 1;
