/** Which inputs of which resources a run updates, from the engine's own events. */
import * as z from "zod";
import { changesOf } from "../changes.ts";
import type { PulumiRun } from "./pulumi.ts";

type Inputs = Readonly<Record<string, unknown>>;

const state = z.object({ inputs: z.record(z.string(), z.unknown()) });
const event = z.object({
  resourcePreEvent: z
    .object({ metadata: z.object({ op: z.literal("update"), urn: z.string(), old: state, new: state }) })
    .optional()
    .catch(undefined),
});

/** The content of the fleet's files, and the digests that stand for it: any release may change them. */
const CONTENT =
  /^(?:stdin\.request\.(?:plan|rules)\.files\.[^:]+\.content|environment\.(?:file .*|[\w-]+\.(?:yaml|json))): /;

/** Returns each changed input as "resource: path: former value -> today's"; of standard input each changed field. */
export function updatesIn(run: Pick<PulumiRun, "events">): readonly string[] {
  return updated(run)
    .flatMap(({ name, before, after }) =>
      changesOf(before, after)
        .filter((change) => !CONTENT.test(change))
        .map((change) => `${name}: ${change}`),
    )
    .sort();
}

/** The standard input that a resource gets. @throws Error when the run does not update it */
export function standardInput(run: Pick<PulumiRun, "events">, name: string): unknown {
  const found = updated(run).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is not updated.`);
  return found.after["stdin"];
}

function updated({ events }: Pick<PulumiRun, "events">) {
  return events
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => {
      const found = event.parse(JSON.parse(line)).resourcePreEvent?.metadata;
      if (found === undefined) return [];
      const name = found.urn.slice(found.urn.lastIndexOf("::") + 2);
      return [{ name, before: read(found.old.inputs), after: read(found.new.inputs) }];
    });
}

function read({ stdin, ...others }: Inputs): Inputs {
  return { ...others, stdin: typeof stdin === "string" ? (JSON.parse(stdin) as unknown) : stdin };
}
