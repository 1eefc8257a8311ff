/** What a simulated CLI reaches. */
import { type ClaudeVersion } from "./claude-texts.ts";
import type { MessageReply, RefreshReply } from "./oauth-server.ts";
import type { Files } from "../../../lib/machine-ports.ts";

/** Everything outside of a CLI. Each call is a step of its process. */
export interface CliPort {
  readonly version: ClaudeVersion;
  /** `~/.claude`, or CLAUDE_CONFIG_DIR. */
  readonly folder: string;
  /** Its `.claude.json`. */
  readonly configuration: string;
  readonly files: Files;
  /** CLAUDE_CODE_MAX_RETRIES, whose default is ten, and API_TIMEOUT_MS. */
  readonly retries: number;
  readonly timeoutMs: number;
  /** Tokens from the environment. `apiKey` and `authToken` outrank every login. */
  readonly environment: {
    readonly oauthToken?: string;
    readonly apiKey?: string;
    readonly authToken?: string;
  };
  message(token: string): Promise<MessageReply>;
  refresh(token: string): Promise<RefreshReply>;
  /** The profile of the login. */
  profile(token: string): Promise<string | undefined>;
  sleep(milliseconds: number): Promise<void>;
  now(): number;
  wallClock(): number;
  random(bytes: number): string;
}
