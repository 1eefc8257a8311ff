/** `user observe`: reports a user's login, CLI and Vault token. Changes nothing. */
import { findClaude } from "../../claude/command-line.ts";
import { fingerprint, readCredentials } from "../../claude/credentials.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import { MAX_STATE_BYTES, parseAgentState } from "../../contract/agent-state.ts";
import { observeToken, recordedAccessor } from "./observe-token.ts";
import type { UserAccount, UserTask } from "./task-messages.ts";
import { readRegularFile } from "../../lib/regular-file.ts";

/** Observes the home of the task's user, and asks Vault about the token unless the task says that Vault is away. */
export async function observeHome(task: UserTask): Promise<UserAccount> {
  const [token, credentials] = [await observeToken(task), await readCredentials(task.home)];
  const accessors = [await recordedAccessor(task.home), token.accessor ?? undefined];
  return {
    credential: credentials.kind,
    fingerprint: credentials.kind === "usable" ? fingerprint(credentials.oauth) : null,
    history: await hasHistory(task.home),
    claude: (await findClaude(task.home, task.claude ?? undefined)) ?? null,
    token,
    accessors: [...new Set(accessors.filter((accessor) => accessor !== undefined))],
  };
}

/** Returns whether the agent has seen a usable login of this user on this machine. */
async function hasHistory(home: string): Promise<boolean> {
  const reading = await readRegularFile(userPlaces(home).agentState, MAX_STATE_BYTES);
  return reading.kind === "file" && parseAgentState(reading.content.toString("utf8")).seen !== null;
}
