/** Where on the time axis a credential ends. Pure. */
import { span } from "../../plan/status/durations.ts";
import { isDead } from "../../plan/status/user-row.ts";
import type { UserRow } from "../../plan/status/rows.ts";

const DAY_MS = 86_400_000;

/** Ends of credentials lie between an hour and a year away: on a logarithmic axis the next days have the most room. */
const AXIS_DAYS = 365;

/** Marks of the axis, in days. */
export const TICKS: readonly { readonly days: number; readonly label: string }[] = [
  { days: 0, label: "now" },
  { days: 1, label: "1 d" },
  { days: 3, label: "3 d" },
  { days: 7, label: "7 d" },
  { days: 30, label: "30 d" },
  { days: 90, label: "90 d" },
  { days: 365, label: "1 y" },
];

/** A credential that ends. */
export interface Mark {
  /** `L`, `S`, `V`: told apart without colour. */
  readonly letter: string;
  readonly kind: "login" | "setup" | "vault";
  /** Percent of the axis. */
  readonly at: number;
  /** All of it in words. */
  readonly words: string;
}

/** Percent of the axis for a number of days from now. */
export function axisPosition(days: number): number {
  const share = Math.log1p(Math.max(0, days)) / Math.log1p(AXIS_DAYS);
  return Math.round(Math.min(1, share) * 1000) / 10;
}

/** Returns the marks of a user, the earliest end first. */
export function marksOf({ status, now }: UserRow): readonly Mark[] {
  if (status === null || now === null) return [];
  const mark = (letter: string, kind: Mark["kind"], name: string, at: number | null, note = "") => {
    if (at === null) return [];
    const words =
      at <= now
        ? `${name} has ended`
        : `${name} ends in ${span(at - now)}, on ${new Date(at).toISOString().slice(0, 10)}${note}`;
    return [{ letter, kind, at: axisPosition((at - now) / DAY_MS), words }];
  };
  const { kind, loginExpiresAt, loginExpiryEstimated, vaultTokenExpiresAt } = status;
  const login = isDead(status)
    ? [{ letter: "L", kind: "login", at: 0, words: "login is dead" } as const]
    : kind === "setup-token"
      ? mark("S", "setup", "setup-token", loginExpiresAt)
      : mark("L", "login", "login", loginExpiresAt, loginExpiryEstimated ? " (estimated)" : "");
  return [
    ...login,
    ...mark("V", "vault", "Vault token", vaultTokenExpiresAt, " unless it is renewed"),
  ].toSorted((a, b) => a.at - b.at);
}
