/**
 * A backup that waits for Vault: whichever unit ran, it is tried again after every `backupRetry` until it is stored, and only
 * the backup is repeated. The units are those of the simulated workstation.
 */
import { describe, expect, test } from "vitest";
import type { Mode } from "../../../agent/run.ts";
import type { AgentWorld, Vault } from "../../../agent/world.ts";
import type { VaultResult } from "../../../lib/vault-result.ts";
import { CONFIG, EMAIL, LOGIN_FILE, PLACES } from "../../support/simulation/places.ts";
import { Random } from "../../support/simulation/random.ts";
import { refreshTokenIn } from "../../support/simulation/tokens.ts";
import { Workstation } from "../../support/simulation/workstation.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RETRY_MS = CONFIG.waits.backupRetrySeconds * 1000;
/** The deadline of a request to Vault. */
const DEADLINE_MS = 10_000;
const NONE = { kind: "unreachable", why: `no answer within ${DEADLINE_MS} ms` } as const;

/** What becomes of a request while Vault is in trouble. */
type Trouble = <T>(world: AgentWorld, call: () => Promise<VaultResult<T>>) => Promise<VaultResult<T>>;
const hangs: Trouble = async (world) => {
  await world.clock.sleep(DEADLINE_MS);
  return NONE;
};
const TROUBLES: readonly (readonly [string, Trouble])[] = [
  ["never answers", hangs],
  [
    "answers after the deadline",
    async (world, call) => {
      await call();
      return hangs(world, call);
    },
  ],
  ["refuses connections", () => Promise.resolve({ kind: "unreachable", why: "ECONNREFUSED" })],
  ["is sealed", () => Promise.resolve({ kind: "sealed" })],
];

/** Lets every run's requests fail, from the one after `answered` on, while `isAway` says so. */
function disturbed(trouble: Trouble, answered: number, isAway: () => boolean) {
  return (world: AgentWorld): AgentWorld => ({
    ...world,
    vault: (token) => {
      const vault = world.vault(token);
      let calls = 0;
      const met = <T>(call: () => Promise<VaultResult<T>>) =>
        isAway() && calls++ >= answered ? trouble(world, call) : call();
      const opened: Vault = {
        lookupSelf: () => met(() => vault.lookupSelf()),
        renewSelf: () => met(() => vault.renewSelf()),
        kvRead: (path) => met(() => vault.kvRead(path)),
        kvWrite: (path, data, cas) => met(() => vault.kvWrite(path, data, cas)),
      };
      return opened;
    },
  });
}

async function start(host: Workstation, mode: Mode): Promise<void> {
  const { process } = host.startAgent(mode);
  await host.kernel.runUntil(() => !process.alive, host.kernel.now + 2 * HOUR);
}

/** Returns a workstation whose login is stored, and whose access token has ended. */
async function settled(seed: number): Promise<Workstation> {
  const host = new Workstation(new Random(seed), { agent: "2.1.330", sessions: "2.1.330" });
  host.signIn(EMAIL);
  await host.kernel.pass(MINUTE);
  await start(host, "run");
  await host.kernel.pass(9 * HOUR);
  return host;
}

const isStored = (host: Workstation) => {
  const token = refreshTokenIn(host.disk.text(LOGIN_FILE));
  return token !== undefined && JSON.stringify(host.vault.newest ?? {}).includes(token);
};

/** The starts of units. A second start during a run leaves a marker, which the run serves. */
const STARTS: readonly (readonly [string, (host: Workstation) => Promise<void>])[] = [
  ["run", (host) => start(host, "run")],
  [
    "run, during which the path unit's backup starts",
    async (host) => {
      const run = host.startAgent("run");
      host.kernel.at(host.kernel.now + 3000, () => host.startAgent("backup"));
      await host.kernel.runUntil(() => !run.process.alive, host.kernel.now + 2 * HOUR);
    },
  ],
  [
    "backup",
    async (host) => {
      host.startSession();
      await host.kernel.pass(MINUTE);
    },
  ],
  [
    "backup, during which a run starts",
    async (host) => {
      host.startSession();
      await host.kernel.pass(2000);
      await start(host, "run");
    },
  ],
];

describe.each(TROUBLES)("while Vault %s", (_, trouble) => {
  describe.each([0, 1, 2, 3])("after %i answers", (answered) => {
    test.each(STARTS)("the backup of %s is tried again until it is stored", async (_unit, begin) => {
      for (let seed = 1; seed <= 5; seed++) {
        const host = await settled(seed);
        let away = true;
        host.disturb = disturbed(trouble, answered, () => away);
        await begin(host);
        await host.kernel.pass(MINUTE);
        const asked = host.agentsClaudes.length;
        const begun = host.runs.length;
        await host.kernel.pass(HOUR);
        if (!isStored(host)) expect(host.disk.state(PLACES.pending)).toBeDefined();
        // The last try may already have stored it, and its answer was lost.
        const tries = host.runs.slice(begun).filter(({ mode }) => mode === "backup").length;
        if (!isStored(host)) expect(tries).toBeGreaterThanOrEqual(Math.floor(HOUR / (RETRY_MS + 2 * MINUTE)));
        away = false;
        await host.kernel.pass(RETRY_MS + 2 * MINUTE);
        expect(isStored(host), `seed ${seed}`).toBe(true);
        expect(host.disk.state(PLACES.pending)).toBeUndefined();
        expect(host.agentsClaudes.length).toBe(asked);
        expect(host.truth.violations).toEqual([]);
      }
    });
  });
});
