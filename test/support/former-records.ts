/** What the former release has stored, with made-up values in place of tokens, accessors and machine ids. */
import { readFileSync } from "node:fs";
import * as z from "zod";

const record = z.record(z.string(), z.unknown());

function read<T>(name: string, shape: z.ZodType<T>): T {
  const file = new URL(`../fixtures/takeover/${name}.json`, import.meta.url);
  return shape.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** A command resource of a state. */
const command = z.object({
  name: z.string(),
  create: z.string(),
  delete: z.string().optional(),
  stdin: record,
  /** Of the last run; null when the command prints nothing. */
  stdout: z.unknown(),
});

/** The commands in the state of the development environment, with its rules. */
export const formerCommands = read("commands", z.array(command));

/** Files of root on hosts, by path: JSON as data, everything else as text. */
export const formerHostFiles = read("host-files", record);

/** `state.json` and `status.json` of agents after runs of several kinds. */
export const formerAgents = read(
  "agents",
  z.array(z.object({ case: z.string(), state: record, status: record })),
);

/** Versions of a backup as Vault returns them. */
export const formerBackups = read(
  "backups",
  z.array(z.object({ data: record, metadata: z.looseObject({ version: z.number() }) })),
);

/** Resources of the former example: see test/component/takeover.test.ts. */
export const formerResources = read(
  "resources",
  z.object({
    docker: z.array(z.object({ urn: z.string(), inputs: record, options: record })),
    compose: z.array(z.object({ urn: z.string(), inputs: record, options: record })),
  }),
);
