/** The paths of the simulated host, and the plan of its agent. */
import type { AgentConfig } from "../../../agent/config.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { fakeConfig, HOME } from "../fakes/fake-agent.ts";
import { DEFAULT_WAITS } from "../../../contract/host-plan.ts";

export const CLAUDE_FOLDER = `${HOME}/.claude`;
/** The credentials file. */
export const LOGIN_FILE = `${CLAUDE_FOLDER}/.credentials.json`;
export const CONFIGURATION = `${HOME}/.claude.json`;
export const PLACES = userPlaces(HOME);
export const SCRATCH_FILE = `${PLACES.scratch}/.credentials.json`;
export const EMAIL = fakeConfig.email;
export const OTHER_EMAIL = "mallory@example.com";

/** The agent's plan. Its waits are those of production. */
export const CONFIG: AgentConfig = { ...fakeConfig, minClaudeVersion: "2.1.0", waits: DEFAULT_WAITS };
