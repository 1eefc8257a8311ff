/** The glossary: one word for one thing, and the words that are retired as names for it. docs/glossary.md shows it. */

/** An entry. `retired` are patterns as `textlint-rule-terminology` takes them. */
export interface GlossaryEntry {
  readonly word: string;
  readonly meaning: string;
  /** Retired words as a reader knows them. Ordinary English words stay allowed outside of this meaning. */
  readonly insteadOf: readonly string[];
  /** Those that the lint refuses everywhere. */
  readonly refused?: readonly string[];
}

export const GLOSSARY: readonly GlossaryEntry[] = [
  {
    word: "drift",
    meaning: "a difference between the plan and what was observed",
    insteadOf: ["difference", "note (of a difference)", "clause"],
  },
  {
    word: "drift review",
    meaning: "`pulumi preview`, including the observations of hosts and Vault",
    insteadOf: ["reviewed", "look"],
  },
  {
    word: "observation",
    meaning: "what a host reports about itself; a claim until it is checked",
    insteadOf: ["what the host said", "seen", "answer"],
  },
  {
    word: "unowned token",
    meaning: "a token of the fleet's role that no enrolled user has",
    insteadOf: ["stray", "stray token", "nobody's token"],
    refused: ["stray(s)?", "nobody's"],
  },
  {
    word: "unowned unit",
    meaning: "a timer or path unit of a user whom no fleet on the host has",
    insteadOf: ["stray unit"],
  },
  {
    word: "foreign file",
    meaning: "a file in the place of one of the fleet's files that claude-fleet did not write",
    insteadOf: ["file that is not ours"],
  },
  {
    word: "leftover",
    meaning: "a file, container or process of an interrupted run",
    insteadOf: ["stray file", "debris"],
    refused: ["debris"],
  },
  {
    word: "fleet record",
    meaning:
      "root's files below `/etc/claude-fleet` and `/var/lib/claude-fleet`: plan, ledger, apply counter",
    insteadOf: ["memory (of a host)", "book"],
    refused: ["host's memory", "memory of a host"],
  },
  {
    word: "ledger",
    meaning: "the list of accessors by user in the fleet record",
    insteadOf: ["ledger book", "record entry"],
    refused: ["ledger book(s)?"],
  },
  {
    word: "apply counter",
    meaning: "how often this fleet applied here (the file `generation`)",
    insteadOf: ["generation"],
  },
  {
    word: "boot fingerprint",
    meaning: "what changes when a host is rebuilt or restored from a copy",
    insteadOf: ["mark", "memory mark"],
    refused: ["memory mark(s)?"],
  },
  {
    word: "agent state",
    meaning: "`state.json` of one user's agent",
    insteadOf: ["memory", "mind"],
  },
  {
    word: "enrol, unenrol",
    meaning: "give a user units and a Vault token on a workstation; take both away",
    insteadOf: ["retire", "retirement"],
    refused: ["retirement(s)?"],
  },
  { word: "remove", meaning: "delete the fleet from a host (`pulumi destroy`)", insteadOf: [] },
  {
    word: "hourly repair",
    meaning: "root's timer that restores what the last apply made",
    insteadOf: ["re-assertion"],
    refused: ["re-?assert(s|ed|ing|ion|ions)?"],
  },
  {
    word: "candidate",
    meaning: "the token file as it lies on its host",
    insteadOf: [],
  },
  {
    word: "approved copy",
    meaning: "the immutable copy that the gate stores, and that containers mount",
    insteadOf: ["copy", "the gate's copy"],
    refused: ["gate's copy", "gate's copies"],
  },
  {
    word: "gate record",
    meaning: "how often the gate has passed a token file, and which files it passed last (`gate.json`)",
    insteadOf: ["memory (of the gate)"],
  },
  {
    word: "operator",
    meaning: "the machine and the person that run Pulumi",
    insteadOf: [],
  },
  {
    word: "session",
    meaning: "the host's side of a conversation with the operator",
    insteadOf: ["operator (on the host)"],
  },
  { word: "verdict", meaning: "what the agent concludes about a login", insteadOf: ["judgement"] },
  {
    word: "finding",
    meaning: "what a diagnosis concludes about a token",
    insteadOf: ["verdict (of a diagnosis)"],
  },
  { word: "outcome", meaning: "how a restore or a call ended", insteadOf: ["verdict (of a restore)"] },
  {
    word: "maintenance lock, rotation lock, pause marker, pending marker",
    meaning: "say which",
    insteadOf: ["mark"],
  },
  {
    word: "change limits, alert thresholds, protocol limits",
    meaning: "how many changes one `up` may make; when an alert fires; how large a message may be",
    insteadOf: ["limits"],
  },
  {
    word: "repair",
    meaning: "put right what differs from the plan",
    insteadOf: ["mend"],
    refused: ["mend(s|ed|ing)?"],
  },
  {
    word: "again, create, replace",
    meaning: "say which",
    insteadOf: ["anew"],
    refused: ["anew"],
  },
  {
    word: "no user, no host, no process",
    meaning: "name the thing",
    insteadOf: ["nobody", "whoever", "that one", "the very"],
    refused: ["nobody", "whoever", "whomever", "that one", "the very"],
  },
];
