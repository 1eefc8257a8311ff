/** What befalls an enrolment, and where: shared by the test and the processes that it happens to. */

/**
 * - `process`: whichever process takes the step is killed
 * - `machine`: the host's processes are killed, all of them
 * - `operator`: the operator's is killed, and the host goes on
 * - `disk`: nothing can be created any more
 * - `vault`: Vault hangs
 * - `thief`: somebody unwraps what was on its way
 */
export type Blow = "process" | "machine" | "operator" | "disk" | "vault" | "thief";

/** At the n-th step of a life; 0: never. */
export interface Injection {
  readonly blow: Blow;
  readonly step: number;
}

/** What the processes of one life are told, by a file. */
export interface Stage {
  /** Stands for `/`. */
  readonly root: string;
  readonly users: readonly string[];
  readonly program: { readonly bytes: string; readonly sha256: string };
  readonly injection: Injection;
  /** One line a step: its name. */
  readonly log: string;
  /** systemd's table: the units that are enabled and run. */
  readonly units: string;
  readonly vaultPid: number;
  /** Where the thief leaves what was stolen. */
  readonly stolen: string;
}

/** Variable that names the stage's file. */
export const STAGE = "TEST_ENROLMENT_STAGE";
/** Variable that tells a user's process which one is the operator's. */
export const OPERATOR = "TEST_ENROLMENT_OPERATOR";
