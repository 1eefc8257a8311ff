/** Collects the problems of the user's files, sorts them, and throws all of them at once. */
import { compareText } from "../lib/order.ts";
import { show } from "../lib/show-value.ts";
import { printable } from "../lib/printable.ts";
import { looksSecret } from "../lib/looks-secret.ts";

/** One problem of a file. */
export interface Problem {
  /** The name that the caller gave the file. */
  readonly file: string;
  /** Counted from 1. Undefined when the place is not known. */
  readonly line: number | undefined;
  /** Counted from 1. Undefined when the place is not known. */
  readonly column: number | undefined;
  /** Such as `users.alice.email` or `claude-fleet:tokens.platform.services[0].uid`. */
  readonly path: string;
  /** The wrong value in a form that may be shown: short, printable, without secrets. Undefined when there is none. */
  readonly value: string | undefined;
  /** What is wrong, without the value; no full stop. */
  readonly message: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** The keys and list positions that lead from a file's root to a value. */
export type Path = readonly (string | number)[];

/** Returns a path as text, such as `users.alice.email` or `services[0].uid`. Keys that are not plain words are quoted. */
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
 * Returns `file:line:column  path: message (value …). remedy` on one line. Keys, values and remedies may hold names from
 * the file with line breaks and control characters, which are escaped.
 */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  const subject = problem.path === "" ? "" : `${problem.path}: `;
  const value = problem.value === undefined ? "" : ` (value ${problem.value})`;
  return printable(`${place}  ${subject}${problem.message}${value}. ${problem.remedy}`);
}

/** Every problem of settings and roster. It is an expected error: print the message without the stack trace. */
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

/** Returns where a value, or its key, is in a file. */
export type Locate = (
  path: Path,
  part: "key" | "value",
) => { readonly line: number | undefined; readonly column: number | undefined };

/** Collects the problems of one file. */
export class ProblemList {
  readonly problems: Problem[] = [];

  /**
   * @param file the name that messages give the file
   * @param locate finds the place of a path in the file
   * @param prefix the text before every path, such as `claude-fleet:`
   */
  constructor(
    readonly file: string,
    readonly locate: Locate,
    private readonly prefix = "",
  ) {}

  /** Returns whether the list has a problem of exactly this path. */
  has(path: Path): boolean {
    const named = this.#named(path);
    return this.problems.some((problem) => problem.path === named);
  }

  #named(path: Path): string {
    return path.length === 0 ? "" : this.prefix + pathText(path);
  }

  /** Adds a problem of the value at `path`, or of its key. `value` is shown, unless it looks like a secret. */
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
