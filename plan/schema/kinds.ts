/** The kinds of values in settings and roster: zod's schemas with the fleet's words for what is wrong. */
import * as z from "zod";
import { formatDuration, LONGEST_DURATION, parseDuration } from "../../lib/duration.ts";
import { nearest } from "../../lib/nearest-word.ts";
import { issueText, notA, unknownKey, type Complaint } from "./complaint.ts";

type RawIssue = Pick<z.core.$ZodRawIssue, "code" | "input">;

/** What a kind of text is called, and which texts it takes. */
interface TextKind {
  /** With its article: `an absolute path`. Editors and the reference show it, too. */
  readonly title: string;
  /** The whole rule, where the title does not say it. */
  readonly rule?: string;
  readonly example: string;
  readonly pattern: RegExp;
  readonly longest: number;
}

/** A text. A check that is added to it takes over these messages unless it has its own. */
export function text({ title, rule = title, example, pattern, longest }: TextKind) {
  const error = ({ input }: RawIssue): string => {
    if (isMissing(input)) return missing(title, example);
    if (typeof input !== "string") {
      return issueText({ message: `must be text: ${title}`, remedy: `Write "${example}".` });
    }
    const { message, remedy } = notA(rule, example);
    return issueText({ message: message + lookAlike(input, pattern), remedy });
  };
  return z
    .string({ error })
    .max(longest, { abort: true })
    .regex(pattern, { abort: true })
    .meta({ title, description: rule, examples: [example] });
}

/** Parameters of a check with a message of its own. Checks after it do not run. */
export function otherwise(complaint: Complaint) {
  return { abort: true, error: () => issueText(complaint) };
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  const title = words.map((word) => `"${word}"`).join(" or ");
  return z.enum(words, {
    error: ({ input }) => {
      if (isMissing(input)) return missing(title, words[0]);
      const meant = typeof input === "string" ? nearest(input, words) : undefined;
      const remedy = meant === undefined ? `Write one of ${words.join(", ")}.` : `Did you mean "${meant}"?`;
      return issueText({ message: `must be ${title}`, remedy });
    },
  });
}

/** `true` or `false`. Pulumi hands single values over as text, so both are also taken as text. */
export const flag = z
  .literal([true, false, "true", "false"], {
    error: ({ input }) =>
      isMissing(input)
        ? missing("true or false", "true")
        : issueText({ message: "must be true or false", remedy: "Write true or false." }),
  })
  .meta({ title: "true or false" })
  .transform((value) => value === true || value === "true");

/** A flag as {@link flag} takes it, with this default. */
export const usualFlag = (usual: boolean) => flag.prefault(usual);

/** A whole number from `least` to `most`. Pulumi hands single values over as text, so digits are taken, too. */
export function whole(least: number, most: number, { what = "a whole number", example = least } = {}) {
  const title = `${what} from ${least} to ${most}`;
  const error = ({ input }: RawIssue): string =>
    isMissing(input)
      ? missing(what, String(example))
      : issueText({ message: `must be ${title}`, remedy: "Write it in digits, without a unit." });
  const number = z.int({ error }).min(least).max(most);
  const digits = z.string({ error }).regex(/^\d{1,10}$/, { abort: true });
  return z
    .union([number, digits])
    .meta({ title, examples: [example] })
    .transform(Number)
    .pipe(number);
}

/** A duration such as `15m`, returned in seconds. */
export function duration(example: string, least = 0, most = LONGEST_DURATION) {
  const range =
    most === LONGEST_DURATION
      ? `of at least ${formatDuration(least)}`
      : `from ${formatDuration(least)} to ${formatDuration(most)}`;
  const title = least === 0 && most === LONGEST_DURATION ? "a duration" : `a duration ${range}`;
  const error = () => issueText(notA(title, example));
  return text({
    title,
    rule: "a duration: digits and one of s, m, h, d",
    example,
    pattern: /^\d{1,9}[smhd]$/,
    longest: 10,
  })
    .transform((value) => parseDuration(value) ?? Infinity)
    .pipe(z.number({ error }).min(least).max(most));
}

/** A duration as {@link duration} takes it. `usual` is its default, and its example. */
export function usualDuration(usual: string, least?: number, most?: number) {
  return duration(usual, least, most).prefault(usual);
}

/** A list of at most `most` values. */
export function list<Entry extends z.ZodType>(entry: Entry, what: string, most = 1000) {
  const title = `a list of ${what}, at most ${most}`;
  const error = () => issueText({ message: `must be ${title}`, remedy: "Write a list." });
  return z.array(entry, { error }).max(most, { abort: true }).meta({ title });
}

/**
 * A map with these keys and no others. Every unknown key is named.
 * @param unknown says what is wrong with a key that is not in `shape`
 */
export function fields<Shape extends z.ZodRawShape>(
  shape: Shape,
  unknown = (key: string) => unknownKey(key, Object.keys(shape)),
) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === "unrecognized_keys") {
        return (issue["keys"] as readonly string[]).map((key) => issueText(unknown(key))).join("\n");
      }
      const message = isMissing(issue.input) ? "is missing or empty" : "must be a map";
      return issueText({ message, remedy: `Write a map with the keys ${Object.keys(shape).join(", ")}.` });
    },
  });
}

function isMissing(input: unknown): boolean {
  return input === undefined || input === null;
}

function missing(title: string, example: string): string {
  return issueText({
    message: `is missing; it must be ${title}`,
    remedy: `Write something like ${example}.`,
  });
}

/** Names the first character that only looks like ASCII, where nothing else is wrong with the text. */
function lookAlike(input: string, pattern: RegExp): string {
  const code = /\P{ASCII}/u.exec(input)?.[0].codePointAt(0);
  if (code === undefined || !pattern.test(input.replaceAll(/\P{ASCII}/gu, "a"))) return "";
  return `; it holds U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
