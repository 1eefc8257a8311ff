/** The three building blocks of the schemas: a checked value, a strict map, and a choice forwarded to another schema. */
import * as z from "zod";
import { nearest } from "../nearest.ts";

/** What is wrong with a value, and what to write instead. */
export interface Complaint {
  /** Without the value; no full stop. */
  readonly message: string;
  /** A sentence. */
  readonly remedy: string;
}

/** A value that was read, or what is wrong with it. */
export type Reading<T> = { readonly value: T } | Complaint;

/** What the schemas hand to `plan/load.ts` with each issue. */
export interface IssueParameters {
  readonly remedy: string;
  readonly part: "key" | "value";
}

/** A complaint that a value is not `what`, with an example of what is. */
export function notA(what: string, example: string): Complaint {
  return { message: `must be ${what}`, remedy: `Write something like ${example}.` };
}

/**
 * A single value, read by `read`.
 * @param what names the kind with its article, such as `an absolute path`
 * @param example is shown as the remedy when the value is missing
 */
export function kind<T>(what: string, example: string, read: (value: unknown) => Reading<T>) {
  return z.unknown().transform((value, context): T => {
    const missing = { message: `is missing; it must be ${what}`, remedy: `Write something like ${example}.` };
    const reading = value === undefined || value === null ? missing : read(value);
    if ("value" in reading) return reading.value;
    complain(context, [], reading);
    return z.NEVER;
  });
}

/** Text that `check` has nothing against. */
export function text(what: string, example: string, check: (value: string) => Complaint | undefined) {
  return kind(what, example, (value): Reading<string> => {
    if (typeof value !== "string") return { message: `must be text: ${what}`, remedy: `Write "${example}".` };
    return check(value) ?? { value };
  });
}

/** Names the first character that is not ASCII, since it may look like one that is. */
export function lookAlike(name: string): string {
  const code = /\P{ASCII}/u.exec(name)?.[0].codePointAt(0);
  return code === undefined ? "" : `; it holds U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A rule for names: at most `longest` characters that match `pattern`. */
export function nameRule(what: string, example: string, pattern: RegExp, longest: number) {
  return (name: string): Complaint | undefined => {
    if (name.length <= longest && pattern.test(name)) return undefined;
    const { message, remedy } = notA(what, example);
    return { message: message + lookAlike(name), remedy };
  };
}

/** Text that matches a pattern. */
export function matching(what: string, example: string, pattern: RegExp, longest: number) {
  return text(what, example, nameRule(what, example, pattern, longest));
}

/** The complaint about a key that is not one of `known`. */
export function unknownKey(key: string, known: readonly string[], message = "is an unknown key"): Complaint {
  const meant = nearest(key, known);
  return {
    message,
    remedy: meant === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean "${meant}"?`,
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]) {
  const what = words.map((word) => `"${word}"`).join(" or ");
  return kind(what, words[0] ?? "", (value): Reading<T> => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return { value: found };
    const meant = typeof value === "string" ? nearest(value, words) : undefined;
    const remedy = meant === undefined ? `Write one of ${words.join(", ")}.` : `Did you mean "${meant}"?`;
    return { message: `must be ${what}`, remedy };
  });
}

/** `true` or `false`; Pulumi hands single settings over as text. */
export const flag = kind("true or false", "true", (value): Reading<boolean> => {
  if (value === true || value === "true") return { value: true };
  if (value === false || value === "false") return { value: false };
  return { message: "must be true or false", remedy: "Write true or false." };
});

/** A whole number from `least` to `most`; Pulumi hands single settings over as text. */
export function whole(least: number, most: number, what = "a whole number") {
  return kind(what, String(least), (value): Reading<number> => {
    const number = typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) {
      return { value: number };
    }
    return {
      message: `must be ${what} from ${least} to ${most}`,
      remedy: "Write it in digits, without a unit.",
    };
  });
}

/** A map that is one: no list, no text. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map with exactly these keys; all unknown ones are named, each with the known key that was probably meant. */
export function strict<S extends z.ZodRawShape>(shape: S) {
  const inner = z.object(shape);
  const known = Object.keys(shape);
  return z.unknown().transform((value, context): z.output<typeof inner> => {
    if (!isMapping(value)) {
      const message = value === undefined || value === null ? "is missing or empty" : "must be a map";
      complain(context, [], { message, remedy: `Write a map with the keys ${known.join(", ")}.` });
      return z.NEVER;
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) complain(context, [key], unknownKey(key, known), "key");
    }
    return forward(inner, value, context);
  });
}

/** Reads `value` with another schema, and takes its issues over. */
export function forward<S extends z.ZodType>(
  schema: S,
  value: unknown,
  context: z.RefinementCtx,
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    context.addIssue({
      code: "custom",
      message: issue.message,
      path: issue.path,
      params: issue.code === "custom" ? (issue.params ?? {}) : {},
    });
  }
  return z.NEVER;
}

/** Adds a complaint about the value at `path` below the one that is being read, or about its key. */
export function complain(
  context: z.RefinementCtx,
  path: (string | number)[],
  complaint: Complaint,
  part: IssueParameters["part"] = "value",
): void {
  const params: IssueParameters = { remedy: complaint.remedy, part };
  context.addIssue({ code: "custom", message: complaint.message, path, params: { ...params } });
}

/** A list of at most `most` values. */
export function list<S extends z.ZodType>(entry: S, what: string, most = 1000) {
  return z.unknown().transform((value, context): z.output<S>[] => {
    if (!Array.isArray(value) || value.length > most) {
      complain(context, [], {
        message: `must be a list of ${what}, at most ${most}`,
        remedy: "Write a list.",
      });
      return z.NEVER;
    }
    return forward(z.array(entry), value, context);
  });
}
