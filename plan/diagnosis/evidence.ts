/** Defines what a diagnosis observes of a token. */
import type { TokenEvidence } from "../../contract/rotation.ts";

/** Whether the alert of the settings fires. */
export type AlertState =
  | { readonly name: string; readonly state: "firing" | "clear" }
  | { readonly name: string; readonly state: "unknown"; readonly why: string };

/** Everything that a diagnosis observes. */
export interface Evidence {
  readonly host: TokenEvidence | { readonly unreachable: string };
  /** Undefined: the settings name no alert. */
  readonly alert: AlertState | undefined;
}
