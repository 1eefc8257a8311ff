/**
 * Watches a schedule from outside: what the stand-in got, and where each login is. It checks two promises of the agent: no
 * action of the agent sends a used-up refresh token, and no action of the agent loses a live login.
 */
import { person } from "../environment/workstation.ts";
import type { Cause } from "./happenings.ts";
import type { LiveAccount, Places } from "./live-account.ts";
import type { TokenEntry } from "../../../dev/stand-ins/anthropic/tokens.ts";

/** Returns the agent's name of a token from the stand-in's name. */
const fingerprint = (token: string) => token.slice(0, 16);

/** See the file's comment. */
export class Truth implements ScheduleEnd {
  readonly violations: string[] = [];
  readonly log: string[] = [];
  readonly counts: Record<string, number> = {
    refreshes: 0,
    consumedByUs: 0,
    consumedElse: 0,
    lostByUs: 0,
    lostElse: 0,
  };
  readonly #account: LiveAccount;
  #causes: ReadonlySet<Cause> = new Set();
  /** The events so far. They may show later: a killed CLI's token is sent again some rounds later. */
  #former: ReadonlySet<Cause> = new Set();
  #lastRequest = 0;
  #began = 0;
  /** The places of the refresh tokens before the round. */
  #held: Places = { home: undefined, scratch: undefined, vault: undefined, known: "" };
  readonly #lost = new Set<string>();

  constructor(account: LiveAccount) {
    this.#account = account;
  }

  note(line: string): void {
    this.log.push(line);
  }

  async begin(): Promise<void> {
    this.#began = Date.now();
    this.#lastRequest = (await this.#account.stage.environment.anthropic.requests()).at(-1)?.n ?? 0;
  }

  /** @param causes the causes of this round's events */
  async before(causes: readonly Cause[]): Promise<void> {
    this.#causes = new Set(causes);
    this.#held = await this.#account.places();
  }

  async after(): Promise<void> {
    const tokens = await this.#tokens();
    await this.#checkSent(tokens);
    await this.#checkLost(tokens);
    this.#former = new Set([...this.#former, ...this.#causes]);
  }

  /** Checks the end: a live login in the home must be proven and stored. */
  async end(): Promise<void> {
    const newest = newestOf(await this.#tokens());
    const { home, vault } = await this.#account.places();
    if (newest?.state !== "live" || home !== newest.sha256) return;
    this.#count("alive");
    const last =
      this.log
        .join("\n")
        .split("\n")
        .findLast((line) => / class=(?!backup|busy)/.test(line)) ?? "";
    if (!last.includes(" class=ok ")) this.#violate(`the login lives, and the last run said: ${last}`);
    if (vault !== newest.sha256) this.#violate("the login is proven, and Vault does not hold it");
  }

  /** Returns the refresh tokens of this schedule, oldest first. */
  async #tokens(): Promise<readonly TokenEntry[]> {
    const { environment, user } = this.#account.stage;
    const { email } = person(user);
    const all = await environment.anthropic.tokens();
    return all.filter((one) => one.kind === "refresh" && one.email === email && one.issuedAt >= this.#began);
  }

  /** A process that cannot know the successor may send a used-up token again. No other process may. */
  async #checkSent(tokens: readonly TokenEntry[]): Promise<void> {
    const requests = await this.#account.stage.environment.anthropic.requests(this.#lastRequest);
    this.#lastRequest = requests.at(-1)?.n ?? this.#lastRequest;
    for (const { path, body, status, at } of requests) {
      const sent = tokens.find(({ sha256 }) => sha256 === body["refresh_token_sha256"]);
      if (path !== "/v1/oauth/token" || sent === undefined) continue;
      this.#count("refreshes");
      const successor = tokens.find((one) => one.lineage === sent.lineage && one.issuedAt > sent.issuedAt);
      const usedUp = status === 400 && sent.state === "used" && successor !== undefined;
      if (!usedUp || successor.issuedAt > Date.parse(at)) continue;
      const known = holds(this.#held, successor) || this.#held.known.includes(fingerprint(successor.sha256));
      const others =
        this.#former.has("fate") ||
        ["fate", "session", "person"].some((cause) => this.#causes.has(cause as Cause));
      if (!known && others) this.#count("consumedElse");
      else {
        this.#count("consumedByUs");
        this.#violate(
          `${fingerprint(sent.sha256)} was sent, which ${fingerprint(successor.sha256)} had followed`,
        );
      }
    }
  }

  /**
   * Checks that the newest sign-in is not lost. Only the agent changes Vault's entry and the restore's folder. A person also
   * changes the home's file, and a successor may be lost with a killed CLI.
   */
  async #checkLost(tokens: readonly TokenEntry[]): Promise<void> {
    const newest = newestOf(tokens);
    if (newest?.state !== "live" || this.#lost.has(newest.sha256)) return;
    if (holds(await this.#account.places(), newest)) return;
    this.#lost.add(newest.sha256);
    const { vault, scratch } = this.#held;
    const agentsOwn = vault === newest.sha256 || scratch === newest.sha256;
    const others = this.#causes.has("person") || (this.#causes.has("fate") && !holds(this.#held, newest));
    if (!agentsOwn && others) return this.#count("lostElse");
    this.#count("lostByUs");
    this.#violate(`${fingerprint(newest.sha256)} lives and is in no file any more`);
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  #violate(what: string): void {
    this.note(`VIOLATION ${what}`);
    this.violations.push(what);
  }
}

function holds({ home, scratch, vault }: Places, { sha256 }: TokenEntry): boolean {
  return [home, scratch, vault].includes(sha256);
}

/** Returns the newest token of the newest sign-in. */
function newestOf(tokens: readonly TokenEntry[]): TokenEntry | undefined {
  const first = new Map<string, number>();
  for (const { lineage, issuedAt } of tokens)
    first.set(lineage, Math.min(issuedAt, first.get(lineage) ?? Infinity));
  return tokens.toSorted(
    (a, b) => (first.get(b.lineage) ?? 0) - (first.get(a.lineage) ?? 0) || b.issuedAt - a.issuedAt,
  )[0];
}

/** How a schedule went. */
export interface ScheduleEnd {
  readonly violations: readonly string[];
  /** The events and the agent's reports, in their order. */
  readonly log: readonly string[];
  /** Counts at the stand-in. */
  readonly counts: Readonly<Record<string, number>>;
}
