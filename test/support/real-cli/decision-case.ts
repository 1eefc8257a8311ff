/** A case in which the agent reaches one verdict of its table with the real CLI, and what must come of it. */
import type { BackupState, Reason, RunClass, SHARED_TOKEN, Word } from "../../../contract/agent-classes.ts";

import type { ClaudeVersion } from "../../../dev/binaries.ts";
import type { Stage, Seen } from "./stage.ts";

/** See the file's comment. The case begins with an account on which nothing has ever happened. */
export interface DecisionCase {
  readonly name: string;
  /** CLIs with which it comes about; both unless said otherwise. */
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
  /** What the line says besides: what to do, or what stands in the way. */
  readonly why?: RegExp;
  /**
   * The credentials file after the run. `same`: byte by byte; `refreshed`: a live successor; `restored`: a live login
   * where there was none; `signed-in`: a person's, to which the CLI may add what it learns of the seat; the others are states
   * of the table.
   */
  readonly home: "same" | "refreshed" | "restored" | "signed-in" | "blank" | "none";
  /** Vault's login. `stored`: the home's; `refreshed`: as `stored`, and another than before. */
  readonly vault: "same" | "stored" | "refreshed";
  /** What else there is to see. */
  readonly also?: (stage: Stage, seen: Seen) => Promise<void>;
}
