/** Reads the request of `claude-auth-sync now`, and answers it: see contract/requested-run.ts. */
import { userPlaces } from "../contract/agent-places.ts";
import { reportLine, type Report } from "../contract/agent-report.ts";
import {
  MAX_REQUEST_BYTES,
  parseRunAnswer,
  parseRunRequest,
  type RunAnswer,
} from "../contract/requested-run.ts";
import { errorCode } from "../lib/expected-error.ts";
import type { Machine } from "../lib/machine-ports.ts";
import { storeFile } from "./files.ts";

/** Returns the present request of the user with this home; undefined when there is none. */
export async function readRequest(
  { files }: Pick<Machine, "files">,
  home: string,
): Promise<string | undefined> {
  const reading = await files.read(userPlaces(home).request, MAX_REQUEST_BYTES);
  return reading.kind === "file" ? parseRunRequest(reading.text) : undefined;
}

/** Returns the last answer; undefined when there is none. */
export async function readAnswer(
  { files }: Pick<Machine, "files">,
  home: string,
): Promise<RunAnswer | undefined> {
  const reading = await files.read(userPlaces(home).answer, MAX_REQUEST_BYTES);
  return reading.kind === "file" ? parseRunAnswer(reading.text) : undefined;
}

/** Answers `request` with the end of a run, unless a former run has answered it. A disk that is full leaves it unanswered. */
export async function answerRequest(
  machine: Machine,
  home: string,
  request: string,
  { report, exitCode }: { readonly report: Report | undefined; readonly exitCode: number },
): Promise<void> {
  if (report === undefined || (await readAnswer(machine, home))?.request === request) return;
  const answer: RunAnswer = { request, line: reportLine(report), exitCode };
  try {
    await storeFile(machine, userPlaces(home).answer, `${JSON.stringify(answer)}\n`);
  } catch (error) {
    if (errorCode(error) === "") throw error;
  }
}
