/** `npm run docs:generate`: writes the pages of docs/ and the schemas for editors, as far as they are generated. */
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { agentDecisions } from "./docs/agent-decisions.ts";
import { glossaryPage } from "./docs/glossary.ts";
import { rosterSchema, settingsSchema } from "./docs/json-schemas.ts";
import { rosterPage, settingsPage, tokensPage } from "./docs/reference.ts";
import { alertsReference } from "./docs/alerts.ts";
import { exitCodesReference } from "./docs/exit-codes.ts";
import { metricsReference } from "./docs/metrics.ts";

/** One page. */
interface Page {
  /** The path below the project's root. */
  readonly path: string;
  /** Returns the page's new text. `current`: its text as it is committed, empty before the first time. */
  readonly render: (current: string) => string;
}

/** Every file that is generated, or in which generated tables are. To add a page, add it here. */
export const PAGES: readonly Page[] = [
  { path: "docs/agent-decisions.md", render: agentDecisions },
  { path: "docs/glossary.md", render: glossaryPage },
  { path: "docs/reference/roster.md", render: () => rosterPage(rosterSchema()) },
  { path: "docs/reference/settings.md", render: () => settingsPage(settingsSchema()) },
  { path: "docs/reference/tokens.md", render: () => tokensPage(settingsSchema()) },
  { path: "schema/roster.schema.json", render: () => JSON.stringify(rosterSchema()) },
  { path: "schema/settings.schema.json", render: () => JSON.stringify(settingsSchema()) },
  { path: "docs/reference/alerts.md", render: alertsReference },
  { path: "docs/reference/exit-codes.md", render: exitCodesReference },
  { path: "docs/reference/metrics.md", render: metricsReference },
];

const root = fileURLToPath(new URL("..", import.meta.url));

/** Returns a page's text as it is committed, and as the code generates it. */
export async function generate({ path, render }: Page): Promise<{ committed: string; generated: string }> {
  const file = join(root, path);
  const committed = await readFile(file, "utf8").catch(() => "");
  const options = { ...(await resolveConfig(file)), filepath: file };
  return { committed, generated: await format(render(committed), options) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of PAGES) {
    const { generated } = await generate(page);
    await mkdir(dirname(join(root, page.path)), { recursive: true });
    await writeFileAtomic(join(root, page.path), generated, { mode: 0o644 });
  }
}
