/** What the parts of a simulated workstation know of each other. */
import type { ClaudeProcess } from "./claude-process.ts";
import type { Kernel, Process } from "./kernel.ts";
import type { AgentEnd, Mode } from "../../../agent/run.ts";
import type { Disk } from "./disk.ts";
import type { OauthServer } from "./oauth-server.ts";
import type { VaultModel } from "./vault-model.ts";

/** A run of the agent, from its start on. */
export interface AgentRun {
  readonly mode: Mode;
  readonly process: Process;
  readonly startedAt: number;
  /** Undefined while it runs, and after it was ended from outside. */
  end: AgentEnd | undefined;
}

/** Who changes something. `fate`: nobody's program. */
export type Actor =
  | { readonly kind: "agent"; readonly process: Process }
  | { readonly kind: "claude"; readonly claude: ClaudeProcess | undefined }
  /** `keepsLogin`: what is written is about other keys. */
  | { readonly kind: "person"; readonly keepsLogin?: boolean }
  | { readonly kind: "fate" };

/** What came to pass, for knowing that the schedules really reach it. */
export interface Counts {
  emptied: number;
  written: number;
  authDead: number;
  [reason: string]: number;
}

/** What a simulated workstation consists of, for those who only look. */
export interface SimulatedHost {
  readonly kernel: Kernel;
  readonly disk: Disk;
  readonly server: OauthServer;
  readonly vault: VaultModel;
  /** CLIs that the agent has started. */
  readonly agentsClaudes: readonly ClaudeProcess[];
  /** The credentials file, or the pending marker, has changed. */
  pathChanged(): void;
}

/** Who writes down a promise that was broken. */
export interface Witness {
  /** Nothing but network, limits and Vault was ever the matter. */
  readonly mild: boolean;
  violate(rule: string, what: string): void;
}
