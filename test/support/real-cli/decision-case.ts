/** A case in which the agent reaches one verdict with the real CLI, and its expected outcome. */
import type { BackupState, Reason, RunClass, SHARED_TOKEN, Word } from "../../../contract/agent-classes.ts";

import type { ClaudeVersion } from "../../../dev/pinned-programs.ts";
import type { Stage, Seen } from "./stage.ts";

/** See the file's comment. The case begins with a fresh account. */
export interface DecisionCase {
  readonly name: string;
  /** The versions of the CLI that reach it; undefined: both. */
  readonly versions?: readonly ClaudeVersion[];
  readonly arrange: (stage: Stage) => Promise<unknown>;
  /** What happens while the service runs. */
  readonly during?: (stage: Stage) => Promise<void>;
  readonly word: Word;
  readonly class: RunClass;
  /** The table's reason, where a restore or the backup gives the report another one. */
  readonly verdict?: Reason;
  readonly reason: Reason | BackupState | (typeof SHARED_TOKEN)["reason"];
  readonly code: number;
  readonly backup: BackupState;
  /** Matches the report's sentences. */
  readonly why?: RegExp;
  /**
   * The credentials file after the run. `same`: unchanged. `refreshed`: a live successor. `restored`: a live login where
   * there was none. `signed-in`: a person's login, to which the CLI may add data of the seat. `blank`, `none`: see FileView.
   */
  readonly home: "same" | "refreshed" | "restored" | "signed-in" | "blank" | "none";
  /** Vault's login. `stored`: the home's login. `refreshed`: the home's login, and another than before. */
  readonly vault: "same" | "stored" | "refreshed";
  /** Further checks. */
  readonly also?: (stage: Stage, seen: Seen) => Promise<void>;
}
