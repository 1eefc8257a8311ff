/** What the table of decisions is asked with, and what it answers. Holds no secret: logins are fingerprints here. */
import type { Reason } from "../../contract/agent-classes.ts";
import type { ClaudeEnd } from "../../claude/process.ts";
import type { Waits } from "../../contract/host-plan.ts";
import type { FileView, UsableView } from "./file-view.ts";

/** How a probe ended. */
export type ProbeEnd = ClaudeEnd | { readonly kind: "not-started"; readonly why: string };

/** One probe: the credentials file before and after it, and what the CLI said. */
export interface ProbeFacts {
  readonly before: UsableView;
  readonly end: ProbeEnd;
  readonly after: FileView;
  /** When the CLI had ended. */
  readonly endedAt: number;
  /** Whether one of Claude Code's refresh locks was held when the CLI had ended. */
  readonly locked?: boolean;
}

/** Whether the CLI can be asked. */
export type CliFacts =
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "unusable"; readonly reason: "no-cli" | "too-old"; readonly why: string };

/** What Vault's login is worth for a restore. `away`: Vault did not answer. */
export type RestoreSource =
  | { readonly kind: "eligible"; readonly fingerprint: string; readonly credential: "login" | "setup-token" }
  | { readonly kind: "none" }
  | { readonly kind: "ineligible" | "away"; readonly why: string };

/** Everything that the table of decisions looks at. */
export interface Facts {
  /** Why a refreshed login could not be stored; undefined when it could, or when this was not checked. */
  readonly notStorable: string | undefined;
  readonly cli: CliFacts;
  /** The credentials file as it was read last. */
  readonly file: FileView;
  /** Whether the agent has seen a login of this user on this machine, or Vault's entry is this machine's. */
  readonly history: boolean;
  /** The last probe; undefined when the file was read again after it. */
  readonly probe: ProbeFacts | undefined;
  /** The reasons after which this run has retried. */
  readonly retried: readonly Reason[];
  readonly source: RestoreSource;
  /** Whether an earlier run has begun a restore, which goes on from its own folder. */
  readonly unfinished: boolean;
  readonly waits: Waits;
}

/** What a restore starts from: Vault's login, or the folder of a restore that was begun. */
export type RestoreWish = "from-vault" | "resume";

/** What the table concludes about the login. */
export interface Verdict {
  readonly reason: Reason;
  /** Words for the report; undefined when the reason says everything. */
  readonly why: string | undefined;
  readonly restore: RestoreWish | undefined;
}

/** What to do next. After `retry`: wait, read the file again, and ask the table again. */
export type Step =
  | { readonly kind: "probe" }
  | {
      readonly kind: "retry";
      readonly reason: Reason;
      readonly waitMs: number;
      readonly clearsStaleLocks: boolean;
    }
  | { readonly kind: "end"; readonly verdict: Verdict };
