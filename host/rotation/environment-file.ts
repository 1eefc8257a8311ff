/** Variables of an environment file, as `docker compose` and systemd read them: read, and replaced where they stand. */
import { createHash } from "node:crypto";
import { readRegularFile, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import type { EnvironmentFile, Variable } from "../../contract/rotation.ts";

const MAX_BYTES = 1024 * 1024;
const ASSIGNMENT = /^(\s*(?:export\s+)?)([A-Za-z_]\w*)(\s*=)(.*)$/;

/** Value of the last assignment, without quotes around it; undefined when there is none. Pure. */
export function valueOf(text: string, variable: string): string | undefined {
  const values = text.split("\n").flatMap((line) => {
    const [, , name, , value = ""] = ASSIGNMENT.exec(line.replace(/\r$/, "")) ?? [];
    return name === variable ? [value.trim().replace(/^(["'])(.*)\1$/, "$2")] : [];
  });
  return values.at(-1);
}

/**
 * The text with every assignment of these variables holding `value`; one that is missing comes at the end. All else, line
 * ends and order included, is as it was. Pure.
 */
export function withValue(text: string, variables: readonly string[], value: string): string {
  const missing = new Set(variables);
  const lines = text.split("\n").map((line) => {
    const ending = line.endsWith("\r") ? "\r" : "";
    const [, before = "", name = "", sign = "="] = ASSIGNMENT.exec(line.replace(/\r$/, "")) ?? [];
    if (!variables.includes(name)) return line;
    missing.delete(name);
    return `${before}${name}${sign}${value}${ending}`;
  });
  if (missing.size === 0) return lines.join("\n");
  const body = lines.join("\n");
  const gap = body === "" || body.endsWith("\n") ? "" : "\n";
  return `${body}${gap}${[...missing].map((name) => `${name}=${value}\n`).join("")}`;
}

/** A variable's value in its file on this host; undefined when it is missing or empty. @throws {ExpectedError} when it cannot be read */
export async function readVariable({ file, variable }: Variable): Promise<string | undefined> {
  const { text } = await readEnvironment(file);
  return valueOf(text, variable) || undefined;
}

/** Of each variable, whether it holds `token`. @throws {ExpectedError} when the file cannot be read */
export async function compareVariables({ file, variables }: EnvironmentFile, token: string) {
  const { text } = await readEnvironment(file);
  return variables.map((variable) => {
    const value = valueOf(text, variable);
    const state = value === undefined || value === "" ? "missing" : sameText(value, token);
    return { variable, state } as const;
  });
}

/** Digests are compared, so that the time it takes tells nothing of either. */
function sameText(left: string, right: string): "same" | "different" {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  return digest(left) === digest(right) ? "same" : "different";
}

/**
 * Puts `token` into the variables, keeping the file's owner and rights.
 * @returns names of those that held something else; empty when nothing was written
 * @throws {ExpectedError} when the file cannot be read or written; it is whole then, as it was
 */
export async function writeVariables(
  { file, variables }: EnvironmentFile,
  token: string,
): Promise<readonly string[]> {
  const { text, stat } = await readEnvironment(file);
  const changed = variables.filter((variable) => valueOf(text, variable) !== token);
  const wanted = withValue(text, variables, token);
  if (wanted === text) return [];
  const root = process.getuid?.() === 0;
  const mode = stat.mode & 0o7777;
  await writeFileAtomic(file, wanted, {
    mode,
    ...(root ? { owner: { uid: stat.uid, gid: stat.gid } } : {}),
  }).catch((error: unknown) => {
    throw new ExpectedError(
      `${file} cannot be written (${errorCode(error)}); check its folder's rights and the space left. It is as it was.`,
    );
  });
  return changed;
}

async function readEnvironment(file: string) {
  const reading = await readRegularFile(file, MAX_BYTES);
  if (reading.kind === "file") return { text: reading.content.toString("utf8"), stat: reading.stat };
  const why = reading.kind === "unreadable" ? reading.why : reading.kind;
  throw new ExpectedError(
    `The environment file ${file} cannot be read (${why}); correct its place in the settings, or its rights.`,
  );
}
