/** All differences that a review has found, in one text: what a preview says in words beside its diff. */
import { withoutCounter } from "./apply-counter.ts";
import { compareText } from "../../lib/order.ts";

/** What was found in one place; each difference is a clause, or a note. */
export interface PlaceDrift {
  /** `Vault`, `workstation devvm`, … */
  readonly place: string;
  readonly drifts: readonly string[];
}

/** A line each, beginning with `drift: `, below a heading; undefined when nothing differs. */
export function driftReport(places: readonly PlaceDrift[]): string | undefined {
  const lines = places
    .flatMap(({ place, drifts }) => drifts.map((difference) => [place, difference] as const))
    .map(([place, difference]) => `drift: ${place}: ${withoutPlace(place, withoutCounter(difference))}`)
    .toSorted(compareText);
  if (lines.length === 0) return undefined;
  const count = lines.length === 1 ? "1 difference" : `${lines.length} differences`;
  return [`${count} between what the roster and the settings want and what is there:`, ...lines].join("\n");
}

function withoutPlace(place: string, difference: string): string {
  return difference.startsWith(`${place}: `) ? difference.slice(place.length + 2) : difference;
}
