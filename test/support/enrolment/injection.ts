/** The faults that are injected into an enrolment. Shared by the test and by the processes that fail. */

/**
 * A fault:
 * - `process`: the process that takes the step is killed
 * - `machine`: all processes of the host are killed
 * - `operator`: the operator's process is killed, and the host continues
 * - `disk`: the disk is full
 * - `vault`: Vault hangs
 * - `thief`: a third party unwraps the token on its way
 */
export type Blow = "process" | "machine" | "operator" | "disk" | "vault" | "thief";

/** A fault at the n-th step of an apply; 0 for never. */
export interface Injection {
  readonly blow: Blow;
  readonly step: number;
}

/** What the processes of one apply read from the stage's file. */
export interface Stage {
  /** The folder that stands for `/`. */
  readonly root: string;
  readonly users: readonly string[];
  readonly program: { readonly bytes: string; readonly sha256: string };
  readonly injection: Injection;
  /** Path of the log with one line for each step: its name. */
  readonly log: string;
  /** Path of systemd's table: the units that are enabled and active. */
  readonly units: string;
  readonly vaultPid: number;
  /** Path at which the thief leaves the stolen token. */
  readonly stolen: string;
}

/** The variable with the path of the stage's file. */
export const STAGE = "TEST_ENROLMENT_STAGE";
/** The variable with the pid of the operator's process. */
export const OPERATOR = "TEST_ENROLMENT_OPERATOR";
