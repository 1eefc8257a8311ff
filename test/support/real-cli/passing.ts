/** Cases that prove nothing about the login, and in which nothing is lost. */
import type { BehaviourRule } from "../../../dev/stand-ins/anthropic/behaviours.ts";
import type { DecisionCase } from "./decision-case.ts";
import type { Stage } from "./stage.ts";

const SAME = { backup: "unchanged", home: "same", vault: "same" } as const;

/** Settles a login, and sets how the API answers its inferences. */
const met = (messages: BehaviourRule["messages"]) => async (stage: Stage) => {
  await stage.settle();
  await stage.behave({ messages });
};

const TRANSIENT = { word: "WARN", class: "transient", code: 15, ...SAME } as const;

export const PASSING: readonly DecisionCase[] = [
  {
    name: "a usage limit",
    arrange: met("429-usage"),
    word: "WARN",
    class: "limit",
    reason: "usage",
    code: 14,
    ...SAME,
  },
  {
    name: "a usage limit for too long",
    arrange: async (stage) => {
      await met("429-usage")(stage);
      await stage.run();
      await stage.settings({ waits: { unprovenSeconds: 1 } });
    },
    word: "WARN",
    class: "limit",
    reason: "unproven",
    code: 14,
    ...SAME,
  },
  { name: "the API throttles", arrange: met("429"), reason: "api", ...TRANSIENT },
  { name: "the API fails", arrange: met("500"), reason: "api", ...TRANSIENT },
  { name: "the API is overloaded", arrange: met("529"), reason: "api", ...TRANSIENT },
  { name: "the API closes connections", arrange: met("close"), reason: "network", ...TRANSIENT },
  { name: "the API never answers", arrange: met("hang"), reason: "network", ...TRANSIENT },
  {
    name: "no server listens at the API's address",
    arrange: async (stage) => {
      await stage.settle();
      await stage.apiAway();
    },
    reason: "network",
    ...TRANSIENT,
  },
  {
    name: "another CLI holds the refresh lock",
    arrange: async (stage) => {
      await stage.settle();
      await stage.expire();
      await stage.holdLock();
    },
    word: "WARN",
    class: "transient",
    reason: "refresh",
    code: 12,
    ...SAME,
  },
  {
    name: "a file without the right to ask",
    arrange: (stage) => stage.signIn({}, { scopes: ["user:profile"] }),
    word: "FAIL",
    class: "tooling",
    reason: "malformed",
    code: 17,
    backup: "incomplete",
    why: /alice runs `rm ~\/\.claude\/\.credentials\.json`\. Then alice runs `claude auth login/,
    home: "same",
    vault: "same",
  },
  {
    name: "an unknown error",
    arrange: met("413"),
    word: "WARN",
    class: "unknown",
    reason: "odd",
    code: 22,
    why: /alice runs `claude` on this host and reads what it says/,
    ...SAME,
  },
  {
    name: "the same unknown error in the third run",
    arrange: async (stage) => {
      await met("413")(stage);
      await stage.run();
      await stage.run();
    },
    word: "FAIL",
    class: "unknown",
    reason: "odd",
    code: 22,
    ...SAME,
  },
  {
    name: "a person removes the file while the CLI is asked",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "ok", hold: true });
    },
    during: async (stage) => {
      await stage.inferences(1);
      await stage.own("rm .claude/.credentials.json");
      await stage.environment.anthropic.behaveWell();
    },
    word: "WARN",
    class: "unknown",
    reason: "odd",
    code: 22,
    backup: "none",
    why: /The CLI answered, but the login was removed while it ran/,
    home: "none",
    vault: "same",
  },
];
