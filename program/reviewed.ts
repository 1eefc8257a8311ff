/** What the parts of a review share: what they end in, and when a command must run for it. */
import * as pulumi from "@pulumi/pulumi";
import type { Drift } from "../components/host-command.ts";

/** What every part of a review ends in. */
export interface Reviewed {
  /** What differs, a note or clause each. */
  readonly differences: readonly string[];
  /** What could not be found out, a clause each. */
  readonly unknown: readonly string[];
}

/** A preview concludes nothing from what is unknown; an `up` runs the command, which then says why it cannot. */
export function driftOf(notes: readonly string[], unknown: readonly string[]): Drift {
  if (!pulumi.runtime.isDryRun()) for (const line of unknown) warn(`unknown: ${line}`);
  if (notes.length > 0) return { kind: "differs", note: notes.join("\n") };
  if (unknown.length === 0) return { kind: "none" };
  if (pulumi.runtime.isDryRun()) return { kind: "unknown" };
  // The time makes it another note than that of an earlier `up`, whose command had better luck than its look.
  return { kind: "differs", note: `${unknown.join("\n")} (${new Date().toISOString()})` };
}

/** Shows a warning at the stack. */
export function warn(message: string): void {
  void pulumi.log.warn(message);
}
