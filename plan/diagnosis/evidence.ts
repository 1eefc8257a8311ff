/** Everything that a diagnosis has seen of a token. */
import type { TokenEvidence } from "../../contract/rotation.ts";

/** Whether the site's alert fires. */
export type AlertState =
  | { readonly name: string; readonly state: "firing" | "clear" }
  | { readonly name: string; readonly state: "unknown"; readonly why: string };

/** Everything that was seen. */
export interface Evidence {
  readonly host: TokenEvidence | { readonly unreachable: string };
  /** Undefined: the settings name no alert. */
  readonly alert: AlertState | undefined;
}
