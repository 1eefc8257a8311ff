/** What the stand-in can be told to do wrong, for everybody, for one person or for one token. */
import * as z from "zod";

/** Answers to `POST /v1/messages`. The bodies and headers are the real API's, seen by the real CLI. */
const MESSAGE_BEHAVIOURS = [
  "ok",
  "401-expired",
  "401-invalid",
  "403-not-allowed",
  "403-revoked",
  "400-credit",
  "400-echo",
  "404-model",
  "413",
  "429",
  "429-retry-after",
  "429-usage",
  "500",
  "529",
  "hang",
  "close",
] as const;

/**
 * Answers to `POST /v1/oauth/token`. `hang` and `close` happen before the token is used up, `…-after-rotation`
 * after: the successor exists and its owner never learns it.
 */
const REFRESH_BEHAVIOURS = [
  "ok",
  "ok-without-refresh-token",
  "invalid-grant",
  "invalid-grant-401",
  "invalid-client",
  "403",
  "429",
  "500",
  "502-html",
  "hang",
  "close",
  "hang-after-rotation",
  "close-after-rotation",
] as const;

export type MessageBehaviour = (typeof MESSAGE_BEHAVIOURS)[number];
export type RefreshBehaviour = (typeof REFRESH_BEHAVIOURS)[number];

/** One rule. Without `email` and `sha256` it holds for everybody. */
export const behaviourRule = z.strictObject({
  email: z.string().optional(),
  /** sha256 of the token that the request carries. */
  sha256: z.string().optional(),
  messages: z.enum(MESSAGE_BEHAVIOURS).optional(),
  refresh: z.enum(REFRESH_BEHAVIOURS).optional(),
  /** For so many requests, then the rule is gone; without it, until it is taken back. */
  times: z.int().positive().optional(),
  /** Milliseconds before anything happens. */
  delayMs: z.int().nonnegative().optional(),
  /** The answer waits for a release, or until the rules are taken back: what happens amid a request needs no clock. */
  hold: z.boolean().optional(),
});

export type BehaviourRule = z.infer<typeof behaviourRule>;

/** Who asks, as far as it is known. */
export interface Asker {
  readonly email: string | undefined;
  readonly sha256: string | undefined;
}

/** The rules in force; the narrowest that fits decides, among equals the newest. */
export class Behaviours {
  #rules: readonly BehaviourRule[];
  #held: (() => void)[] = [];
  readonly #save: (rules: readonly BehaviourRule[]) => void;

  constructor(rules: readonly BehaviourRule[], save: (rules: readonly BehaviourRule[]) => void) {
    this.#rules = rules;
    this.#save = save;
  }

  get rules(): readonly BehaviourRule[] {
    return this.#rules;
  }

  add(rule: BehaviourRule): void {
    this.#commit([...this.#rules, rule]);
  }

  clear(): void {
    this.#commit([]);
    this.release();
  }

  /** Lets go of the answers that are held; the rules stay. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }

  /** Resolves when the answers that are held by then are let go of. */
  released(): Promise<void> {
    return new Promise((resolve) => this.#held.push(resolve));
  }

  /** What to do with this request; counts it against the rule's `times`. */
  take<K extends "messages" | "refresh">(
    kind: K,
    asker: Asker,
  ): { name: NonNullable<BehaviourRule[K]>; delayMs: number; hold: boolean } {
    const fitting = this.#rules
      .map((rule, index) => ({ rule, index, narrowness: narrowness(rule, asker) }))
      .filter(({ rule, narrowness: n }) => rule[kind] !== undefined && n !== undefined)
      .sort((a, b) => (b.narrowness ?? 0) - (a.narrowness ?? 0) || b.index - a.index)[0];
    const name = fitting?.rule[kind];
    if (!fitting || name === undefined) return { name: "ok", delayMs: 0, hold: false };
    const { rule, index } = fitting;
    if (rule.times !== undefined) {
      const spent = rule.times > 1 ? [{ ...rule, times: rule.times - 1 }] : [];
      this.#commit([...this.#rules.slice(0, index), ...spent, ...this.#rules.slice(index + 1)]);
    }
    return { name, delayMs: rule.delayMs ?? 0, hold: rule.hold ?? false };
  }

  #commit(rules: readonly BehaviourRule[]): void {
    this.#save(rules);
    this.#rules = rules;
  }
}

/** 2: names this token, 1: names this person, 0: holds for everybody, undefined: is for somebody else. */
function narrowness(rule: BehaviourRule, asker: Asker): number | undefined {
  if (rule.sha256 !== undefined) return rule.sha256 === asker.sha256 ? 2 : undefined;
  if (rule.email !== undefined) return rule.email === asker.email ? 1 : undefined;
  return 0;
}
