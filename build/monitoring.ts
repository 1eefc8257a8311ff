/** `npm run monitoring`: renders monitoring/ again, with the defaults of the settings. */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { monitoringFiles } from "../plan/monitoring/files.ts";
import { DEFAULT_RULE_SETTINGS } from "../plan/monitoring/settings.ts";

const folder = fileURLToPath(new URL("../monitoring", import.meta.url));
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(monitoringFiles(DEFAULT_RULE_SETTINGS))) {
  await writeFileAtomic(join(folder, name), text, { mode: 0o644 });
}
