/** The rules for a login that the CLI is not asked with. docs/agent-decisions.md shows them. Pure. */
import type { Reason } from "../../contract/agent-classes.ts";
import type { Facts } from "./facts.ts";
import type { FileView } from "./file-view.ts";

/** Decides without a probe. */
export interface FileRule {
  readonly files: readonly FileView["kind"][];
  /** A further condition, in words and as a test. */
  readonly when?: { readonly words: string; readonly fits: (facts: Facts) => boolean };
  readonly reason: Reason;
  readonly why: (facts: Facts) => string | undefined;
}

const unusableBecause = (reason: "no-cli" | "too-old", words: string): FileRule => ({
  files: ["usable"],
  when: { words, fits: ({ cli }) => cli.kind === "unusable" && cli.reason === reason },
  reason,
  why: ({ cli }) => (cli.kind === "unusable" ? cli.why : undefined),
});
const fileWords = ({ file }: Facts) => {
  switch (file.kind) {
    case "none":
      return "There is no login.";
    case "blank":
      return "The CLI has emptied the login.";
    case "corrupt":
      return `The credentials file is corrupt: ${file.why}.`;
    case "unreadable":
      return `The credentials file cannot be read: ${file.why}.`;
    case "usable":
      return undefined;
  }
};

/** The first rule that fits decides. A usable login that fits no rule is proven by a probe. */
export const FILE_RULES: readonly FileRule[] = [
  { files: ["unreadable"], reason: "unreadable", why: fileWords },
  {
    files: ["usable"],
    when: {
      words: "a refreshed login could not be stored",
      fits: ({ notStorable }) => notStorable !== undefined,
    },
    reason: "not-storable",
    why: ({ notStorable }) => notStorable,
  },
  unusableBecause("no-cli", "the CLI is missing or does not start"),
  unusableBecause("too-old", "the CLI is older than the fleet allows"),
  {
    files: ["none", "blank", "corrupt"],
    when: { words: "no history", fits: ({ history }) => !history },
    reason: "no-login",
    why: fileWords,
  },
  { files: ["none"], reason: "gone", why: fileWords },
  { files: ["corrupt"], reason: "corrupt", why: fileWords },
  { files: ["blank"], reason: "blanked", why: fileWords },
];
