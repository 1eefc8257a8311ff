/** Reads and replaces variables of an environment file, in the format of `docker compose` and systemd. */
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { sha256Of } from "../../lib/sha256.ts";
import type { EnvironmentFile, Variable } from "../../contract/rotation.ts";
import { describeReading, readRegularFile } from "../../lib/regular-file.ts";

const MAX_BYTES = 1024 * 1024;
const ASSIGNMENT = /^(\s*(?:export\s+)?)([A-Za-z_]\w*)(\s*=)(.*)$/;

/** Returns the value of the last assignment, without quotes around it; undefined when there is none. Pure. */
export function valueOf(text: string, variable: string): string | undefined {
  const values = text.split("\n").flatMap((line) => {
    const [, , name, , value = ""] = ASSIGNMENT.exec(line.replace(/\r$/, "")) ?? [];
    return name === variable ? [value.trim().replace(/^(["'])(.*)\1$/, "$2")] : [];
  });
  return values.at(-1);
}

/**
 * Returns the text with `value` in every assignment of these variables. Adds missing ones at the end. Keeps everything
 * else, line ends and order included. Pure.
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

/** Reads a variable from its file; undefined when it is missing or empty. @throws {ExpectedError} when the file cannot be read */
export async function readVariable({ file, variable }: Variable): Promise<string | undefined> {
  const { text } = await readEnvironment(file);
  return valueOf(text, variable) || undefined;
}

/** Says of each variable whether it holds `token`; null without a file or a token. @throws {ExpectedError} when the file cannot be read */
export async function compareVariables(wanted: EnvironmentFile | undefined, token: string | undefined) {
  if (wanted === undefined || token === undefined) return null;
  const { text } = await readEnvironment(wanted.file);
  return wanted.variables.map((variable) => {
    const value = valueOf(text, variable);
    // Digests are compared, so that the time of the comparison reveals nothing about the texts.
    const same = sha256Of(value ?? "") === sha256Of(token) ? "same" : "different";
    return { variable, state: value === undefined || value === "" ? "missing" : same } as const;
  });
}

/**
 * Writes `token` into the variables and keeps the file's owner and mode.
 * @returns the names of the variables that held something else; empty when nothing was written
 * @throws {ExpectedError} when the file cannot be read or written; the file is then as it was
 */
export async function writeVariables(
  { file, variables }: EnvironmentFile,
  token: string,
): Promise<readonly string[]> {
  const { text, stat } = await readEnvironment(file);
  const changed = variables.filter((variable) => valueOf(text, variable) !== token);
  const wanted = withValue(text, variables, token);
  if (wanted === text) return [];
  const owner = process.getuid?.() === 0 ? stat : undefined;
  await writeFileAtomic(file, wanted, { mode: stat.mode & 0o7777, owner }).catch((error: unknown) => {
    throw new ExpectedError(
      `${file} cannot be written (${errorCode(error)}); check its folder's rights and the free space. The file is as it was.`,
    );
  });
  return changed;
}

async function readEnvironment(file: string) {
  const reading = await readRegularFile(file, MAX_BYTES);
  if (reading.kind === "file") return { text: reading.content.toString("utf8"), stat: reading.stat };
  throw new ExpectedError(
    `The environment file ${file} ${describeReading(reading)}; correct its path in the settings, or its rights.`,
  );
}
