/** What each row shows, in words: the same in the terminal as on the page. Pure. */
import { span } from "../../plan/status/durations.ts";
import { isDead } from "../../plan/status/user-row.ts";
import type { ConsumerRow, State, UserRow } from "../../plan/status/rows.ts";

/** A state as people read it. */
export const STATE_WORDS: Readonly<Record<State, string>> = {
  ok: "ok",
  watch: "watch",
  person: "needs a person",
  "awaiting-login": "awaiting login",
  paused: "paused",
  "not-renewed": "not renewed",
  unknown: "unknown",
};

/** Stands where nothing is known, or where there is nothing to be known. */
const NOTHING = "–";

/** A column of a table of rows. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

const ofStatus =
  (cell: (status: NonNullable<UserRow["status"]>, now: number) => string | undefined) =>
  ({ status, now }: UserRow): string =>
    (status === null || now === null ? undefined : cell(status, now)) ?? NOTHING;

const ago = (moment: number | null, now: number) =>
  moment === null ? undefined : `${span(now - moment)} ago`;
const until = (moment: number | null, now: number) =>
  moment === null ? undefined : moment <= now ? "ended" : span(moment - now);

/** Of users; `left` is what a credential lives on, unless it is renewed. */
export const USER_COLUMNS: readonly Column<UserRow>[] = [
  { title: "USER", cell: ({ user }) => user },
  { title: "WORKSTATION", cell: ({ workstation }) => workstation },
  { title: "STATE", cell: ({ state }) => STATE_WORDS[state] },
  {
    title: "CLASS",
    cell: ofStatus((status) =>
      status.reason === "proven" ? status.class : `${status.class} (${status.reason})`,
    ),
  },
  { title: "SUCCESS", cell: ofStatus(({ lastSuccessAt }, now) => ago(lastSuccessAt, now)) },
  {
    title: "LOGIN LEFT",
    cell: ofStatus((status, now) => {
      const { kind, loginExpiresAt, loginExpiryEstimated } = status;
      if (kind === "login" && isDead(status)) return "dead";
      const text = kind === "login" ? until(loginExpiresAt, now) : undefined;
      return text === undefined ? undefined : `${loginExpiryEstimated ? "~" : ""}${text}`;
    }),
  },
  {
    title: "SETUP LEFT",
    cell: ofStatus(({ kind, loginExpiresAt }, now) =>
      kind === "setup-token" ? until(loginExpiresAt, now) : undefined,
    ),
  },
  { title: "VAULT LEFT", cell: ofStatus(({ vaultTokenExpiresAt }, now) => until(vaultTokenExpiresAt, now)) },
  {
    title: "BACKUP",
    cell: ofStatus(({ backup }, now) => {
      if (backup.storedAt === null) return backup.state;
      const matches = backup.matches === null ? "" : backup.matches ? ", matches" : ", differs";
      return `${span(now - backup.storedAt)} old${matches}`;
    }),
  },
  {
    title: "NEXT RUN",
    cell: ({ nextRunAt, now }) =>
      nextRunAt === null || now === null ? NOTHING : nextRunAt <= now ? "now" : `in ${span(nextRunAt - now)}`,
  },
  { title: "DATA", cell: ofStatus(({ ranAt }, now) => `${span(now - ranAt)} old`) },
];

/** Of containers. */
export const CONSUMER_COLUMNS: readonly Column<ConsumerRow>[] = [
  { title: "TOKEN", cell: ({ token }) => token },
  { title: "SERVICE", cell: ({ service }) => service },
  { title: "CONTAINER", cell: ({ container }) => container },
  { title: "STATE", cell: ({ state }) => STATE_WORDS[state] },
  { title: "TOKEN READ", cell: ({ sha256 }) => sha256 ?? NOTHING },
  { title: "MATCHES", cell: ({ matches }) => (matches === null ? NOTHING : matches ? "yes" : "no") },
];
