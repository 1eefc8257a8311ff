/** What is wrong with the user's files: collected, sorted, and thrown all at once. */
import { compareText } from "../lib/order.ts";
import { show } from "../lib/show-value.ts";
import { printable } from "../lib/printable.ts";
import { looksSecret } from "../lib/looks-secret.ts";

/** One thing that is wrong. */
export interface Problem {
  /** As the caller named the file. */
  readonly file: string;
  /** Counted from 1; undefined when the place is not known. */
  readonly line: number | undefined;
  /** Counted from 1; undefined when the place is not known. */
  readonly column: number | undefined;
  /** Such as `users.alice.email` or `claude-fleet:tokens.platform.services[0].uid`. */
  readonly path: string;
  /** The offending value as it may be shown: short, printable, secrets hidden; undefined when there is none. */
  readonly value: string | undefined;
  /** What is wrong, without the value; no full stop. */
  readonly message: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** Keys and list positions from a file's root down to a value. */
export type Path = readonly (string | number)[];

/** `users.alice.email`, `services[0].uid`; keys that are no plain words are quoted. */
export function pathText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else {
      const shown = looksSecret(part) ? "…" : part.length > 60 ? `${part.slice(0, 60)}…` : part;
      const plain = /^[\w:./@-]+$/.test(shown) && !(shown.includes(".") && text !== "");
      text += (text === "" ? "" : ".") + (plain ? shown : `"${printable(shown)}"`);
    }
  }
  return text;
}

/**
 * `file:line:column  path: message (value …). remedy` on one line, whatever keys and values hold: a remedy may repeat
 * names from the same file, which may hold line breaks and worse.
 */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  const subject = problem.path === "" ? "" : `${problem.path}: `;
  const value = problem.value === undefined ? "" : ` (value ${problem.value})`;
  return printable(`${place}  ${subject}${problem.message}${value}. ${problem.remedy}`);
}

/** Everything that is wrong with the settings and the roster. Expected: print the message, not the stack. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  /** Sorted by file, line and column. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = problems.toSorted(
      (a, b) =>
        compareText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
    super(sorted.map(formatProblem).join("\n"));
    this.problems = Object.freeze(sorted);
  }
}

/** Where a value, or its key, stands in a file. */
export type Locate = (
  path: Path,
  part: "key" | "value",
) => { readonly line: number | undefined; readonly column: number | undefined };

/** Collects the problems of one file. */
export class ProblemList {
  readonly problems: Problem[] = [];

  /**
   * @param file as messages name it
   * @param locate says where a path stands in it
   * @param prefix what stands before every path, such as `claude-fleet:`
   */
  constructor(
    readonly file: string,
    readonly locate: Locate,
    private readonly prefix = "",
  ) {}

  /** Whether something is wrong at this very path. */
  has(path: Path): boolean {
    const named = this.#named(path);
    return this.problems.some((problem) => problem.path === named);
  }

  #named(path: Path): string {
    return path.length === 0 ? "" : this.prefix + pathText(path);
  }

  /** Adds a problem of the value at `path`, or of its key; `value` is shown with secrets hidden. */
  add(
    path: Path,
    problem: { message: string; remedy: string; value?: unknown; part?: "key" | "value" },
  ): void {
    this.problems.push({
      file: this.file,
      ...this.locate(path, problem.part ?? "value"),
      path: this.#named(path),
      value: show(problem.value),
      message: problem.message,
      remedy: problem.remedy,
    });
  }
}
