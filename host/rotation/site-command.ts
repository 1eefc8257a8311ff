/** Runs a command of the site's settings on the token's host. */
import { stat } from "node:fs/promises";
import type { ResultOf } from "../../contract/actions.ts";
import { withoutSecrets } from "../../contract/agent-report.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { describeEnd } from "../../lib/process.ts";
import { runProcess } from "../../lib/run-process.ts";
import { parseJson } from "../../lib/parse-json.ts";
import { accountOf } from "../accounts.ts";
import { taskResult } from "../../contract/rotation.ts";
import { engineVariables } from "../docker.ts";

const DEADLINE_MS = 10 * 60_000;

/**
 * Runs the command as the owner of its program, because root must not run what others could replace.
 * @param variables that the command gets beside those of the container engine
 * @returns its standard output
 * @throws {ExpectedError} when the command fails
 */
export async function runSiteCommand(
  command: readonly string[],
  deadlineMs = DEADLINE_MS,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [program = "", ...args] = command;
  const end = await runProcess(program, args, {
    env: { ...engineVariables(), LC_ALL: "C", ...variables },
    ...(await ownerOf(program)),
    deadlineMs,
    maxOutputBytes: 1024 * 1024,
  });
  if (end.code === 0) return end.stdout;
  const words = withoutSecrets(end.stderr.trim().split("\n").at(-1) ?? "");
  throw new ExpectedError(
    `${program} ${describeEnd(end)}${words === "" ? "" : ` (${words})`}; run it by hand on the token's host.`,
  );
}

async function ownerOf(program: string): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const owner = await stat(program).catch(() => undefined);
  if (owner === undefined || owner.uid === 0) return {};
  return { uid: owner.uid, gid: (await accountOf(owner.uid))?.gid ?? owner.gid };
}

/** Runs the site's small task. @throws {ExpectedError} when it fails, or its last line is not its cost and source */
export async function runSiteTask(command: readonly string[]): Promise<ResultOf<"run-task">> {
  const last = (await runSiteCommand(command)).trim().split("\n").at(-1) ?? "";
  const parsed = taskResult.safeParse(parseJson(last));
  if (parsed.success) return parsed.data;
  throw new ExpectedError(
    `${command[0] ?? ""} did not end with a line like {"cost": 0, "source": "max_subscription"}; correct it, or \`rotation.task\`.`,
  );
}
