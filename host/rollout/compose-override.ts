/** The second compose file of a token: it gives each service the approved copy as a mount, and the fleet's labels. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { parseJson } from "../../lib/parse-json.ts";
import { readRegularFile } from "../../lib/regular-file.ts";

const bind = z.object({
  type: z.literal("bind"),
  source: z.string(),
  target: z.string(),
  read_only: z.literal(true),
});
const overrideFile = z.object({
  services: z.record(
    z.string(),
    z.object({ labels: z.record(z.string(), z.string()), volumes: z.array(bind) }),
  ),
});

/** Says what a service has beyond the project's own compose file. */
export interface ServiceOverride {
  readonly service: string;
  /** Absolute path of the approved copy on the host. */
  readonly source: string;
  /** Absolute path of the token inside the container. */
  readonly target: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Returns where a token's second compose file lies. The file holds no secret. Root writes it where everybody can read it,
 * so that people's own `docker compose up` can name it. Everybody else writes it beside the approved copies.
 * @param copies folder of the approved copies
 */
export function overridePath(fleet: string, token: string, copies: string): string {
  if (process.getuid?.() !== 0) return join(copies, "compose.yml");
  return `/var/lib/claude-fleet/compose/${fleet}-${token}.yml`;
}

/** Sets one service in the file at `path` and keeps the others. Writes JSON, which is YAML. */
export async function writeOverride(path: string, entry: ServiceOverride): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const reading = await readRegularFile(path, 1024 * 1024);
  // A damaged file counts as empty: each recreation writes the service that it needs.
  const text = reading.kind === "file" ? reading.content.toString("utf8") : "";
  const former = overrideFile.safeParse(parseJson(text)).data?.services;
  const volume = { type: "bind", source: entry.source, target: entry.target, read_only: true };
  const services = { ...former, [entry.service]: { labels: entry.labels, volumes: [volume] } };
  await writeFileAtomic(path, `${JSON.stringify({ services }, undefined, 2)}\n`, { mode: 0o644 });
}
