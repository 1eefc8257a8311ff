/** What can happen to a workstation at any step of the agent. */
import { MANNERS } from "./claude-texts.ts";
import type { MessageTrouble, RefreshTrouble } from "./oauth-server.ts";
import { EMAIL, LOGIN_FILE, OTHER_EMAIL } from "./places.ts";
import type { Random } from "./random.ts";
import type { VaultMood } from "./vault-model.ts";
import type { Workstation } from "./workstation.ts";

interface Happening {
  readonly weight: number;
  /** Whether it only touches the network, limits and Vault. No login dies of that. */
  readonly mild: boolean;
  readonly happen: (host: Workstation, random: Random) => void;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const YEAR = 8760 * HOUR;
const MOODS: readonly VaultMood[] = ["unreachable", "sealed", "failing", "forbidden"];
const MESSAGES: readonly MessageTrouble[] = ["429", "429-usage", "500", "529", "refused", "hang"];
const HARD_MESSAGES: readonly MessageTrouble[] = [
  "401-expired",
  "401-invalid",
  "403-revoked",
  "403-not-allowed",
  "400-credit",
  "404-model",
];
const REFRESHES: readonly RefreshTrouble[] = [
  "500",
  "429",
  "403",
  "502-html",
  "hang",
  "refused",
  "ok-without-refresh-token",
];
const ROTATED: readonly RefreshTrouble[] = ["hang-after-rotation", "500-after-rotation"];

/** The events by name. */
const HAPPENINGS = {
  "a session asks": { weight: 10, mild: true, happen: (host) => void host.startSession() },
  "two sessions ask": {
    weight: 4,
    mild: true,
    happen: (host) => {
      host.startSession();
      host.startSession();
    },
  },
  "a session stores mcpOAuth": { weight: 5, mild: true, happen: (host) => void host.storeMcp() },
  "Vault is in trouble": {
    weight: 6,
    mild: true,
    happen: (host, random) => {
      host.vault.mood = random.pick(MOODS);
      later(host, random, 10 * MINUTE, () => (host.vault.mood = "up"));
    },
  },
  "Vault's answer is lost": { weight: 3, mild: true, happen: (host) => (host.vault.losesAnswer = true) },
  "an operator writes beside it": {
    weight: 5,
    mild: true,
    happen: ({ vault }, random) => {
      const { mood } = vault;
      vault.mood = "up";
      vault.write(
        { ...vault.newest, [`sibling-${random.whole(1, 3)}`]: random.hex(4) },
        vault.versions.length,
      );
      vault.mood = mood;
    },
  },
  "Vault is rolled back": {
    weight: 2,
    mild: true,
    happen: ({ vault }, random) => vault.rollBack(random.whole(1, 3)),
  },
  "the API is in trouble": {
    weight: 6,
    mild: true,
    happen: (host, random) => {
      host.server.messageTrouble = random.pick(MESSAGES);
      later(host, random, 20 * MINUTE, () => (host.server.messageTrouble = undefined));
    },
  },
  "refreshes fail": {
    weight: 6,
    mild: true,
    happen: (host, random) => troubleRefresh(host, random, random.pick(REFRESHES)),
  },
  "a refresh fails after it has rotated": {
    weight: 3,
    mild: false,
    happen: (host, random) => {
      host.server.refreshTrouble = random.pick(ROTATED);
      host.server.refreshTroubleTimes = 1;
    },
  },
  "the API refuses": {
    weight: 3,
    mild: false,
    happen: (host, random) => {
      host.server.messageTrouble = random.pick(HARD_MESSAGES);
      later(host, random, 20 * MINUTE, () => (host.server.messageTrouble = undefined));
    },
  },
  "a person signs in": { weight: 4, mild: false, happen: (host) => void host.signIn(EMAIL) },
  "a person signs in as somebody else": {
    weight: 1,
    mild: false,
    // A CLI that drops `refreshTokenExpiresAt` leaves nothing by which two sign-ins differ.
    happen: (host) => {
      const told = [host.versions.agent, host.versions.sessions].every(
        (version) => MANNERS[version].keepsLoginEnd,
      );
      if (told) host.signIn(OTHER_EMAIL);
    },
  },
  "a person removes the file": {
    weight: 4,
    mild: false,
    happen: (host) => host.truth.changing({ kind: "person" }, () => host.disk.remove(LOGIN_FILE)),
  },
  "a tool tears the file": {
    weight: 3,
    mild: false,
    happen: (host, random) =>
      host.truth.changing({ kind: "person" }, () => {
        const text = host.disk.text(LOGIN_FILE);
        if (text === undefined || host.disk.full) return;
        host.disk.remove(LOGIN_FILE);
        host.disk.create(LOGIN_FILE, text.slice(0, random.whole(0, text.length - 1)));
        host.disk.sync(LOGIN_FILE);
      }),
  },
  "the sign-in is revoked": {
    weight: 1,
    mild: false,
    happen: (host) => {
      const { login } = host.truth;
      if (login !== undefined) login.revoked = true;
    },
  },
  "the access token is refused from now on": {
    weight: 2,
    mild: false,
    happen: ({ truth, server }) => {
      if (truth.login !== undefined) server.revokeAccess(truth.login);
    },
  },
  "the agent is killed": {
    weight: 6,
    mild: false,
    happen: (host, random) => {
      const run = host.runs.findLast(({ process }) => process.alive);
      run?.process.dieAt({ steps: random.whole(0, 6), when: random.pick(["before", "after"]) });
    },
  },
  "a CLI is killed": {
    weight: 5,
    mild: false,
    happen: (host, random) => {
      const living = [...host.agentsClaudes, ...host.sessions].filter(({ process }) => process.alive);
      if (living.length > 0) random.pick(living).process.kill();
    },
  },
  "a CLI is stopped for a while": {
    weight: 2,
    mild: false,
    happen: (host, random) => {
      const living = [...host.agentsClaudes, ...host.sessions].filter(({ process }) => process.alive);
      if (living.length > 0) random.pick(living).process.stop(random.whole(15_000, 120_000));
    },
  },
  "the power fails": { weight: 3, mild: false, happen: (host) => host.powerCut() },
  "the disk is full": {
    weight: 3,
    mild: false,
    happen: (host, random) => {
      host.disk.full = true;
      host.truth.fullSince = host.kernel.now;
      later(host, random, 30 * MINUTE, () => emptied(host));
    },
  },
  "the clock starts in 1970": {
    weight: 1,
    mild: true,
    happen: (host, random) => {
      const { kernel } = host;
      kernel.skew = random.next() * HOUR - kernel.now;
      later(host, random, HOUR, () => (kernel.skew = 0));
    },
  },
  "the clock is stepped": {
    weight: 3,
    // The CLI measures the age of its locks by this clock. Two sessions may then refresh at once, and empty the login.
    mild: false,
    happen: (host, random) => {
      const { kernel } = host;
      const steps = [2 * MINUTE, HOUR, 30 * HOUR, YEAR];
      kernel.skew += random.pick([-1, 1]) * random.pick(steps) * random.next();
      later(host, random, 3 * HOUR, () => (kernel.skew = 0));
    },
  },
} as const satisfies Readonly<Record<string, Happening>>;

export type HappeningName = keyof typeof HAPPENINGS;

/** Lets an event happen now. */
export function happen(host: Workstation, name: HappeningName, random: Random): void {
  host.truth.note(`* ${name}`);
  const happening: Happening = HAPPENINGS[name];
  happening.happen(host, random);
}

/** Picks an event by its weight. */
export function drawHappening(random: Random, mild: boolean): HappeningName {
  const weights = Object.fromEntries(
    Object.entries<Happening>(HAPPENINGS).map(([name, { weight, mild: harmless }]) => [
      name,
      mild && !harmless ? 0 : weight,
    ]),
  ) as Record<HappeningName, number>;
  return random.weighted(weights);
}

/** Ends all trouble. */
export function heal(host: Workstation): void {
  host.truth.note("* all trouble is over");
  host.vault.mood = "up";
  host.vault.losesAnswer = false;
  host.server.messageTrouble = undefined;
  host.server.refreshTrouble = undefined;
  host.server.refreshTroubleTimes = Infinity;
  host.kernel.skew = 0;
  emptied(host);
}

function emptied(host: Workstation): void {
  host.disk.full = false;
  host.truth.fullSince = undefined;
}

function troubleRefresh(host: Workstation, random: Random, trouble: RefreshTrouble): void {
  host.server.refreshTrouble = trouble;
  host.server.refreshTroubleTimes = random.pick([1, 2, Infinity]);
  later(host, random, 30 * MINUTE, () => (host.server.refreshTrouble = undefined));
}

/** Ends the trouble later: mostly soon, sometimes after several runs. */
function later(host: Workstation, random: Random, milliseconds: number, end: () => void): void {
  const factor = random.chance(0.2) ? 30 : 1;
  host.kernel.at(host.kernel.now + random.next() * milliseconds * factor, end);
}
