/** Each message that the operations pages quote stands in the code, so that a person finds it by searching. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = join(ROOT, "docs/operations");
/** Shorter pieces of a message are found anywhere. */
const PIECE = 8;

const code = execFileSync(
  "git",
  ["grep", "-h", "", "--", ..."lib claude contract plan agent host remote components program cli".split(" ")],
  { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
).replaceAll("\\`", "`");

/** The quoted messages of the tables whose first column is `message`. */
function messagesOf(text: string): readonly string[] {
  const found: string[] = [];
  let within = false;
  for (const line of text.split("\n")) {
    const [, first = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (!line.startsWith("|")) within = false;
    else if (first === "message") within = true;
    else if (within) found.push(...[...first.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message));
  }
  return found;
}

const quoted = readdirSync(FOLDER).flatMap((page) =>
  messagesOf(readFileSync(join(FOLDER, page), "utf8")).map((message) => [page, message] as const),
);

test("the pages quote messages", () => expect(quoted.length).toBeGreaterThan(30));

test.each(quoted)("%s: %s", (_, message) => {
  const pieces = message
    .split(/…|"/)
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= PIECE);
  expect(pieces.filter((piece) => !code.includes(piece))).toEqual([]);
});
