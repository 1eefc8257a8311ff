/** A preview's result as a comment: in full, or without any name where everybody can read it. */
import * as z from "zod";
import { plainText } from "../../lib/printable.ts";
import { parseAs } from "../json-input.ts";

/** The part of `pulumi preview --json` that is told. */
const preview = z.object({
  steps: z
    .array(
      z.object({
        op: z.string(),
        urn: z.string(),
        newState: z.looseObject({ inputs: z.record(z.string(), z.unknown()).default({}) }).optional(),
      }),
    )
    .default([]),
  diagnostics: z.array(z.object({ severity: z.string(), message: z.string() })).default([]),
});

/** Longest comment in characters; GitHub takes 65,536. */
const LONGEST = 60_000;

/** How the review begins each line about something that it could not find out. */
const UNKNOWN = /^(?:error: |Preview failed: )*unknown: /gm;

/**
 * The comment, in Markdown.
 * @param text what `pulumi preview --json` has printed
 * @param names whether users, hosts and differences are named
 * @throws {ExpectedError} when there is no such result
 */
export function commentOf(text: string, names: boolean): string {
  const complaint = "there is no result of `pulumi preview --json` to tell; read the job's own log.";
  const { steps, diagnostics } = parseAs(preview, text, complaint);
  const changes = steps.filter(({ op }) => op !== "same" && op !== "read" && op !== "refresh");
  const troubles = diagnostics.filter(({ severity }) => severity === "error" || severity === "warning");
  const unknownOf = ({ message }: { message: string }) => message.match(UNKNOWN)?.length ?? 0;
  const unknown = troubles.reduce((sum, trouble) => sum + unknownOf(trouble), 0);
  const errors = troubles.filter((trouble) => trouble.severity === "error" && unknownOf(trouble) === 0);
  const lines = [
    `### claude-fleet: ${verdict(changes.length, unknown, errors.length)}`,
    "",
    ...countsOf(changes),
    ...(names ? [...changes.flatMap(detailsOf), ...troubles.map(({ message }) => `- ${code(message)}`)] : []),
    ...(names || changes.length + troubles.length === 0
      ? []
      : [
          "",
          "This repository is public, so this comment names no user and no host. Run `npx pulumi preview --diff` to see them.",
        ]),
  ];
  const comment = `${lines.join("\n").trimEnd()}\n`;
  return comment.length > LONGEST ? `${comment.slice(0, LONGEST)}…\n` : comment;
}

function verdict(changes: number, unknown: number, errors: number): string {
  if (errors > 0) return "the preview failed";
  const changed = changes === 0 ? "no changes" : counted(changes, "change");
  if (unknown === 0) return changed;
  return `${changed}, and ${counted(unknown, "thing")} ${unknown === 1 ? "is" : "are"} unknown`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

type Step = z.infer<typeof preview>["steps"][number];

/** How many of which kind: types and operations are the program's own words. */
function countsOf(changes: readonly Step[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { op, urn } of changes) {
    const what = `${op} ${typeOf(urn)}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, count]) => `- ${count} × ${code(what)}`);
}

/** A change by its resource's name, and the differences that were seen on its host. */
function detailsOf({ op, urn, newState }: Step): readonly string[] {
  const environment = newState?.inputs["environment"];
  const drift = z.object({ drift: z.string() }).safeParse(environment);
  const notes = drift.success ? drift.data.drift.split("\n") : [];
  return [
    `- ${code(`${op} ${urn.split("::").slice(3).join("::")}`)}`,
    ...notes.map((note) => `  - ${code(note)}`),
  ];
}

function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** A host's words and an error's are shown as they are, and do nothing: no link, no mention, no markup. */
function code(text: string): string {
  return `\`${plainText(text, 500).replaceAll("`", "'")}\``;
}
