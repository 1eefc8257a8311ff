/** Splits a long run into parts for separate machines. */
import { ExpectedError } from "../../lib/expected-error.ts";
import type { TestFile } from "./lanes.ts";
import { minutesOf } from "./minutes.ts";

/** One of several parts of a run. */
export interface Part {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** The run as a whole. */
export const WHOLE: Part = { number: 1, of: 1 };

/** Reads `I/N`. @throws {ExpectedError} when it names no part */
export function readPart(text: string): Part {
  const [, number = 0, of = 0] = (/^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of) return { number, of };
  throw new ExpectedError(`--shard ${text} names no part: write --shard 1/4 for the first of four.`);
}

/**
 * Returns the files of one part, the longest first: what is left for the end of a run is then short. Every file belongs to
 * exactly one part, and the parts take about the same time.
 */
export function filesOf({ number, of }: Part, files: readonly TestFile[]): readonly TestFile[] {
  const parts = Array.from({ length: of }, () => ({ minutes: 0, files: [] as TestFile[] }));
  const longestFirst = files.toSorted((a, b) => minutesOf(b) - minutesOf(a) || (a.file < b.file ? -1 : 1));
  for (const file of longestFirst) {
    const shortest = parts.reduce((least, part) => (part.minutes < least.minutes ? part : least));
    shortest.files.push(file);
    shortest.minutes += minutesOf(file);
  }
  return parts[number - 1]?.files ?? [];
}
