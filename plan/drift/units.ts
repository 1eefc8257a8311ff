/** Describes how the state of a systemd unit drifts from enabled and active. */
import { fromHost } from "../../lib/printable.ts";

/** Returns one clause, or none for a unit that is enabled and active. @param unit how the clause calls the unit */
export function unitState(unit: string, enabled: string | null, active: string | null): string[] {
  if (enabled === null) return [`there is no ${unit}`];
  if (enabled !== "enabled") return [`the ${unit} is ${fromHost(enabled)} instead of enabled`];
  return active === "active" ? [] : [`the ${unit} is ${fromHost(active ?? "unknown")} instead of active`];
}
