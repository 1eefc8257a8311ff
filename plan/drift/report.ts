/** Writes all drifts of a review as one text, which a preview prints beside its diff. */
import { compareText } from "../../lib/order.ts";
import { withoutCounter } from "./apply-counter.ts";

/** The drifts of one place. */
export interface PlaceDrift {
  /** `Vault`, `workstation devvm`, … */
  readonly place: string;
  readonly drifts: readonly string[];
}

/** Returns a heading, and a line `drift: …` for each drift. Undefined: there is no drift. */
export function driftReport(places: readonly PlaceDrift[]): string | undefined {
  const lines = places
    .flatMap(({ place, drifts }) => drifts.map((drift) => [place, drift] as const))
    .map(([place, drift]) => `drift: ${place}: ${withoutPlace(place, withoutCounter(drift))}`)
    .toSorted(compareText);
  if (lines.length === 0) return undefined;
  const count = lines.length === 1 ? "1 drift" : `${lines.length} drifts`;
  return [`${count} from the roster and the settings:`, ...lines].join("\n");
}

function withoutPlace(place: string, drift: string): string {
  return drift.startsWith(`${place}: `) ? drift.slice(place.length + 2) : drift;
}
