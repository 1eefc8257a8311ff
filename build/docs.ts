/** `npm run docs:generate`: writes the generated pages of docs/, and the generated tables within a page. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { agentDecisions } from "./docs/agent-decisions.ts";

/** One page. */
interface Page {
  /** The path below the project's root. */
  readonly path: string;
  /** Returns the page's new text. `current`: its text as it is committed, empty before the first time. */
  readonly render: (current: string) => string;
}

/** Every page that is generated, or in which tables are. To add a page, add it here. */
export const PAGES: readonly Page[] = [{ path: "docs/agent-decisions.md", render: agentDecisions }];

const root = fileURLToPath(new URL("..", import.meta.url));

/** Returns a page's text as it is committed, and as the code generates it. */
export async function generate({ path, render }: Page): Promise<{ committed: string; generated: string }> {
  const file = join(root, path);
  const committed = await readFile(file, "utf8").catch(() => "");
  const options = { ...(await resolveConfig(file)), parser: "markdown" };
  return { committed, generated: await format(render(committed), options) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of PAGES) {
    const { generated } = await generate(page);
    await writeFileAtomic(join(root, page.path), generated, { mode: 0o644 });
  }
}
