/** The prose lint refuses long sentences, many commas and retired words, and says on which line. */
import { expect, test } from "vitest";
import { checkProse } from "../../../lint/prose/prose.ts";

const long = `${"It goes on ".repeat(20)}.`;
const half = long.slice(0, 115);
const commas = "First a, then b, then c, then d, then e.";

test.each([
  ["a long sentence in a page", "page.md", `Fine.\n\n${long}\n`, 3, "sentence-length"],
  ["a sentence with many commas in a page", "page.md", commas, 1, "max-comma"],
  ["a retired word in a page", "page.md", "The agent mends the file.", 1, "retired-words"],
  ["a docstring", "a.ts", `/**\n * Fine.\n *\n * ${long}\n */\nexport const a = 1;\n`, 4, "sentence-length"],
  ["a comment", "a.ts", "const a = 1;\n// Nobody knows.\n", 2, "retired-words"],
  [
    "a docstring of two lines",
    "a.ts",
    `/**\n * ${long.slice(0, 115)}\n * ${long.slice(115)}\n */\n`,
    2,
    "sentence-length",
  ],
  ["a message", "a.ts", 'const a =\n  "the token is made anew by the next apply";\n', 2, "retired-words"],
  [
    "a message with values",
    "a.ts",
    "const a = `${b} was mended on the host ${c} today`;\n",
    1,
    "retired-words",
  ],
  ["a test's name", "a.test.ts", 'test("finds a stray token of the fleet", () => {});\n', 1, "retired-words"],
])("refuses %s", async (_, file, text, line, rule) => {
  expect(await checkProse(file, text)).toEqual([expect.objectContaining({ line, rule })]);
});

test.each([
  ["plain sentences", "page.md", "The agent repairs the file. It writes one line."],
  ["names in code", "page.md", "`vault.strayTokens` is a setting, and `mended` a key."],
  ["two short messages in a row", "a.ts", `const a = [\n  "${half}",\n  "${half}",\n];\n`],
  ["identifiers", "a.ts", "const nobody = anew(mended);\n"],
  ["short texts", "a.ts", 'const key = "strayTokens";\n'],
])("accepts %s", async (_, file, text) => {
  expect(await checkProse(file, text)).toEqual([]);
});
