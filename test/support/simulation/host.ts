/** The types that the parts of a simulated workstation share. */
import type { ClaudeProcess } from "./claude-process.ts";
import type { Kernel, Process } from "./kernel.ts";
import type { AgentEnd, Mode } from "../../../agent/run.ts";
import type { Disk } from "./disk.ts";
import type { OauthServer } from "./oauth-server.ts";
import type { VaultModel } from "./vault-model.ts";

/** A run of the agent. */
export interface AgentRun {
  readonly mode: Mode;
  readonly process: Process;
  readonly startedAt: number;
  /** Undefined while it runs, and when it was killed. */
  end: AgentEnd | undefined;
}

/** The cause of a change. `fate`: a power cut or another event outside of all programs. */
export type Actor =
  | { readonly kind: "agent"; readonly process: Process }
  | { readonly kind: "claude"; readonly claude: ClaudeProcess | undefined }
  /** `keepsLogin`: the person changes other keys only. */
  | { readonly kind: "person"; readonly keepsLogin?: boolean }
  | { readonly kind: "fate" };

/** How often each outcome came about. It shows that the schedules reach it. */
export interface Counts {
  emptied: number;
  written: number;
  authDead: number;
  [reason: string]: number;
}

/** A simulated workstation for observers, which change nothing. */
export interface SimulatedHost {
  readonly kernel: Kernel;
  readonly disk: Disk;
  readonly server: OauthServer;
  readonly vault: VaultModel;
  /** The CLIs that the agent has started. */
  readonly agentsClaudes: readonly ClaudeProcess[];
  /** Called when the credentials file or the pending marker has changed. */
  pathChanged(): void;
}

/** Records broken promises. */
export interface Witness {
  /** Whether there was only trouble with the network, limits and Vault. */
  readonly mild: boolean;
  violate(rule: string, what: string): void;
}
