/** The protocol limits: how long texts and lists in messages may be. The writer cuts to them, and the reader refuses more. */
export const PROTOCOL_LIMITS = {
  /** Characters of a progress event. */
  progress: 500,
  /** Characters of one line of a user's agent. */
  line: 2000,
  /** Lines of one run of a user's agent. */
  linesOfRun: 50,
  /** Characters of the reason for a revocation. */
  reason: 200,
  /** Characters of a problem, and problems of one action: a host with a thousand broken users still answers. */
  problem: 2000,
  problems: 1000,
  /** Characters of the detail of a token's state. */
  detail: 500,
  /** Characters of a sentence in an observation, such as one of `missing`. */
  sentence: 500,
  /** Characters of such a sentence in a rotation or a diagnosis. */
  evidence: 1000,
  /** Accessors of one user: two from the home, the ledger's present one, and those of unfinished enrolments. */
  accessors: 30,
  /** Sentences of `missing`. */
  missing: 50,
  /** Entries of `untrusted`. */
  untrusted: 100,
  /** Sentences of `conflicts`. */
  conflicts: 1000,
} as const;
