/** Colours words for a terminal. */
import { styleText } from "node:util";

/** A stream that may be a terminal. */
export interface Stream {
  readonly isTTY?: boolean;
}

/** The colours in use. */
export type Colour = "green" | "cyan" | "yellow" | "red" | "magenta";

const WORDS: Readonly<Record<string, Colour>> = { OK: "green", INFO: "cyan", WARN: "yellow", FAIL: "red" };

/** Whether texts for this stream have colours: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function hasColours(stream: Stream, environment: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !environment["NO_COLOR"];
}

/** Returns the text in a colour. The caller has asked {@link hasColours}, so that the streams of this process do not count. */
export function paint(text: string, colour: Colour): string {
  return styleText(colour, text, { validateStream: false });
}

/** Returns the line with its first word coloured, where `stream` has colours. */
export function coloured(line: string, stream: Stream, environment?: NodeJS.ProcessEnv): string {
  const word = /^(OK|INFO|WARN|FAIL)(?= |$)/.exec(line)?.[1] ?? "";
  const colour = WORDS[word];
  if (colour === undefined || !hasColours(stream, environment)) return line;
  return `${paint(word, colour)}${line.slice(word.length)}`;
}
