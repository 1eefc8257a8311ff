/** What can happen to an account on the workstation, before and during a run of the agent. */
import type { Random } from "../simulation/random.ts";
import type { Stage } from "./stage.ts";

/**
 * The cause of an event. `person`: it may remove the login from its file. `fate`: it may lose a successor that no process
 * knows. `session`: the user's own CLI works beside the agent's. `trouble`: no login can die of it.
 */
export type Cause = "person" | "fate" | "session" | "trouble";

interface Happening {
  readonly weight: number;
  readonly cause: Cause;
  readonly happen: (stage: Stage, random: Random) => Promise<unknown>;
}

const SESSION = "cd /tmp && nohup claude -p hi --model haiku";
const AGENT = "claude-auth-sync@alice.service";

/** The events by name. */
export const HAPPENINGS = {
  "the access token comes to its end": { weight: 6, cause: "trouble", happen: (stage) => stage.expire() },
  "a session asks": {
    weight: 4,
    cause: "session",
    happen: (stage) => stage.own(`(${SESSION}) </dev/null >/dev/null 2>&1 &`),
  },
  "a person signs in": { weight: 3, cause: "person", happen: (stage) => stage.signIn() },
  "a person removes the file": {
    weight: 3,
    cause: "person",
    happen: (stage) => stage.own("rm -f .claude/.credentials.json"),
  },
  "a tool tears the file": {
    weight: 2,
    cause: "person",
    happen: async (stage, random) => {
      const text = (await stage.file()) ?? "";
      await stage.put(text.slice(0, random.whole(0, Math.max(0, text.length - 1))));
    },
  },
  "refreshes fail": {
    weight: 3,
    cause: "trouble",
    happen: (stage, random) =>
      stage.behave({ refresh: random.pick(["500", "429", "403", "502-html", "close"]) }),
  },
  "a refresh fails after it has rotated": {
    weight: 1,
    cause: "fate",
    happen: (stage) => stage.behave({ refresh: "close-after-rotation", times: 1 }),
  },
  "the API is in trouble": {
    weight: 3,
    cause: "trouble",
    happen: (stage, random) =>
      stage.behave({ messages: random.pick(["500", "429-usage", "529", "close"]), times: 2 }),
  },
  "Vault is away": { weight: 3, cause: "trouble", happen: (stage) => stage.vaultAway() },
  "the agent is killed": {
    weight: 4,
    cause: "trouble",
    happen: (stage) => stage.root(`systemctl kill -s KILL --kill-who=main ${AGENT} || true`),
  },
  "the agent's CLI is killed": { weight: 2, cause: "fate", happen: (stage) => stage.killClaudes() },
} as const satisfies Readonly<Record<string, Happening>>;

export type HappeningName = keyof typeof HAPPENINGS;

/** Picks an event by its weight. */
export function drawHappening(random: Random): HappeningName {
  const names = Object.keys(HAPPENINGS) as HappeningName[];
  const weights = Object.fromEntries(names.map((name) => [name, HAPPENINGS[name].weight]));
  return random.weighted(weights as Record<HappeningName, number>);
}
