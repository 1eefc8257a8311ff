/** The generated pages of docs/ are those that the code generates now. */
import { expect, test } from "vitest";
import { generate, PAGES } from "../../../build/docs.ts";
import { withTables } from "../../../build/docs/tables.ts";

test.each(PAGES.map((page) => [page.path, page] as const))("%s is up to date", async (path, page) => {
  const { committed, generated } = await generate(page);
  expect(committed, `${path} is out of date; run \`npm run docs:generate\``).toBe(generated);
});

test("a page without a place for a table is an error, and so is a place without a table", () => {
  const page = "<!-- generated: one -->\nold\n<!-- end -->\n";
  expect(withTables(page, { one: "new" })).toBe("<!-- generated: one -->\n\nnew\n\n<!-- end -->\n");
  expect(() => withTables(page, { one: "new", two: "new" })).toThrow("no place for two");
  expect(() => withTables(page, {})).toThrow("a place for one");
});
