/** Complaints about values of the user's files, and how zod's issues carry them. */
import type { z } from "zod";
import { nearest } from "../../lib/nearest-word.ts";

/** What is wrong with a value, and what to write instead. */
export interface Complaint {
  /** Without the value; no full stop. */
  readonly message: string;
  /** A sentence. */
  readonly remedy: string;
}

/** A value that was read, or what is wrong with it. */
export type Reading<T> = { readonly value: T } | Complaint;

/** A complaint about the value at `path` below the value that was read, or about the key there. */
export interface PlacedComplaint extends Complaint {
  readonly path: readonly (string | number)[];
  readonly part: "key" | "value";
}

/** Returns the complaint that a value is not `what`, with an example of a right value. */
export function notA(what: string, example: string): Complaint {
  return { message: `must be ${what}`, remedy: `Write something like ${example}.` };
}

/** Returns the complaint about a key that is not one of `known`. */
export function unknownKey(key: string, known: readonly string[], message = "is an unknown key"): Complaint {
  const meant = nearest(key, known);
  const remedy = meant === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean "${meant}"?`;
  return { message, remedy };
}

/** Returns the one text that zod keeps of an issue: the message on the first line, the remedy on the second. */
export function issueText({ message, remedy }: Complaint): string {
  return `${message}\n${remedy}`;
}

/** Adds a complaint about the value at `path` below the value that is being read, or about the key there. */
export function complain(
  context: z.RefinementCtx,
  path: (string | number)[],
  complaint: Complaint,
  part: PlacedComplaint["part"] = "value",
): void {
  context.addIssue({ code: "custom", message: issueText(complaint), path, params: { part } });
}

/** Returns the complaints that zod's issues carry, each once. */
export function complaintsOf(
  issues: readonly z.core.$ZodIssue[],
  above: PlacedComplaint["path"] = [],
): readonly PlacedComplaint[] {
  const found = new Map<string, PlacedComplaint>();
  for (const complaint of issues.flatMap((issue) => complaintsOfIssue(issue, above))) {
    // A list where text is expected has a wrong type, and may have a wrong length: one complaint is enough.
    found.set(JSON.stringify([complaint.path, complaint.message]), complaint);
  }
  return [...found.values()];
}

function complaintsOfIssue(
  issue: z.core.$ZodIssue,
  above: PlacedComplaint["path"],
): readonly PlacedComplaint[] {
  const path = [...above, ...issue.path.filter((step) => typeof step !== "symbol")];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key, index) => ({
        path: [...path, key],
        part: "key",
        ...complaintIn(issue.message, index),
      }));
    case "invalid_key":
      return complaintsOf(issue.issues, path).map((complaint) => ({ ...complaint, part: "key" }));
    case "invalid_union":
      return complaintsOf(likeliest(issue.errors), path);
    case "custom":
      return [
        { path, part: issue.params?.["part"] === "key" ? "key" : "value", ...complaintIn(issue.message) },
      ];
    default:
      return [{ path, part: "value", ...complaintIn(issue.message) }];
  }
}

/** Returns the complaint on the two lines from `2 * index` on. */
function complaintIn(text: string, index = 0): Complaint {
  const [message = text, remedy = "Correct the value."] = text.split("\n").slice(2 * index);
  return { message, remedy };
}

/** Returns the issues of the option of a union that the writer most likely meant: fewest of its own fields are wrong. */
function likeliest(options: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const wrongFields = (issues: readonly z.core.$ZodIssue[]) =>
    issues.filter(({ code, path }) => path.length <= 1 && code !== "unrecognized_keys").length;
  return options.toSorted((a, b) => wrongFields(a) - wrongFields(b))[0] ?? [];
}
