/** Remembers the requests of others, without any secret that they carried. */

/** One request. Tokens stand in it by their sha256, in hexadecimal. */
export interface LoggedRequest {
  /** Counts from 1 since the stand-in's start. */
  readonly n: number;
  /** RFC 3339. */
  readonly at: string;
  /** Which listener it came in at. */
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly userAgent: string;
  /** What it authenticated with; `email` is null for a credential that was never issued here. */
  readonly credential: {
    readonly header: "authorization" | "x-api-key";
    readonly sha256: string;
    readonly email: string | null;
  } | null;
  /** The interesting part of the body: the model, or the grant type and the refresh token's sha256. */
  readonly body: Readonly<Record<string, string>>;
  /** HTTP status, or how the request was left without an answer. */
  readonly status: number | "hang" | "close";
}

/** A ring of the newest requests, in memory: a restart forgets them. */
export class RequestLog {
  #next = 1;
  #entries: LoggedRequest[] = [];
  readonly #capacity: number;

  constructor(capacity = 5000) {
    this.#capacity = capacity;
  }

  add(entry: Omit<LoggedRequest, "n">): void {
    this.#entries.push({ n: this.#next++, ...entry });
    if (this.#entries.length > this.#capacity) this.#entries.shift();
  }

  /** Entries with a number above `after`, oldest first. */
  since(after: number): readonly LoggedRequest[] {
    return this.#entries.filter(({ n }) => n > after);
  }

  clear(): void {
    this.#entries = [];
  }
}
