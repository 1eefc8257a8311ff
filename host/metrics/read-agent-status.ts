/** Reads what a user's agent reports about its last run, and checks its shape. */
import { relative } from "node:path";
import { userPlaces } from "../../contract/agent-places.ts";
import {
  agentStatus,
  type AgentStatus,
  MAX_STATUS_BYTES,
  type Unreadable,
} from "../../contract/agent-status.ts";
import type { Account } from "../system.ts";
import { readUserFile, type UserMounts } from "../read-user-file.ts";
import { parseJson } from "../../lib/parse-json.ts";

/** The path of the status below a home. */
const STATUS = relative("/", userPlaces("/").status).split("/");

/** Returns the status of this user in `fleet`, or why root does not use it. */
export async function readStatus(
  account: Account,
  fleet: string,
  options: { readonly root: number; readonly mounts: UserMounts },
): Promise<AgentStatus | Unreadable> {
  const file = await readUserFile(account, STATUS, { ...options, maxBytes: MAX_STATUS_BYTES });
  if ("refused" in file) return file.refused;
  const parsed = agentStatus.safeParse(parseJson(file.content.toString("utf8")));
  if (!parsed.success) return "shape";
  return parsed.data.fleet === fleet ? parsed.data : "other-fleet";
}
