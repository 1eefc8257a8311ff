/** Puts generated tables into a hand-written page of Markdown. */

/** Returns a table of Markdown. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}

/**
 * Returns `page` with each table between `<!-- generated: NAME -->` and `<!-- end -->`.
 * @throws when the page has no place for a table, or a place without a table
 */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(tables));
  const filled = page.replace(
    /(<!-- generated: ([\w-]+) -->\n)[^]*?(\n<!-- end -->)/g,
    (_, begin, name, end) => {
      const text = tables[String(name)];
      if (text === undefined)
        throw new Error(`The page has a place for ${String(name)}, which is not generated.`);
      missing.delete(String(name));
      return `${String(begin)}\n${text}\n${String(end)}`;
    },
  );
  if (missing.size > 0) throw new Error(`The page has no place for ${[...missing].join(", ")}.`);
  return filled;
}
