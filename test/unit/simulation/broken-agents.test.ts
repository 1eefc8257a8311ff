/** Agents that are broken on purpose. The simulation must find each broken promise. */
import { expect, test, vi } from "vitest";
import type * as claudeLocks from "../../../claude/locks.ts";
import type * as backup from "../../../agent/decision/backup.ts";
import type * as restore from "../../../agent/decision/restore.ts";
import type * as steps from "../../../agent/decision/next-step.ts";
import type * as ownFiles from "../../../agent/files.ts";
import type { AgentWorld } from "../../../agent/world.ts";
import { runSchedule } from "../../support/simulation/schedule.ts";
import type { Files } from "../../../lib/machine-ports.ts";

/** The fault that is active now; undefined: none. */
const agent = vi.hoisted(() => ({ fault: undefined as string | undefined }));

vi.mock("../../../agent/decision/next-step.ts", async (load) => {
  const real = await load<typeof steps>();
  const nextStep: typeof real.nextStep = (facts) => {
    const step = real.nextStep(facts);
    if (step.kind !== "end") return step;
    const { verdict } = step;
    const passing = ["refresh", "usage", "api", "network"].includes(verdict.reason);
    if (agent.fault === "restores on trouble that passes" && passing)
      return { ...step, verdict: { ...verdict, reason: "refused", restore: "from-vault" } };
    if (agent.fault === "calls a login dead that is only unproven" && passing)
      return { ...step, verdict: { ...verdict, reason: "refused" } };
    if (agent.fault === "begins a restore again from Vault" && verdict.restore === "resume")
      return { ...step, verdict: { ...verdict, restore: "from-vault" } };
    return step;
  };
  return { ...real, nextStep };
});

vi.mock("../../../agent/decision/restore.ts", async (load) => {
  const real = await load<typeof restore>();
  const forgetful = ["begins a restore again from Vault", "forgets what was superseded"];
  const restoreSource: typeof real.restoreSource = (entry, state, ...rest) => {
    if (!forgetful.includes(agent.fault ?? "")) return real.restoreSource(entry, state, ...rest);
    const data = { ...entry?.data, tried: [] };
    const oblivious = { ...state, tried: [], refused: [], superseded: [], maybeConsumed: null };
    return real.restoreSource(entry && { ...entry, data }, oblivious, ...rest);
  };
  return { ...real, restoreSource };
});

vi.mock("../../../agent/decision/backup.ts", async (load) => {
  const real = await load<typeof backup>();
  const decideWithoutVault: typeof real.decideWithoutVault = (...facts) => {
    const state = real.decideWithoutVault(...facts);
    const stores = agent.fault === "stores older over newer" && state?.state === "superseded";
    const trusts =
      agent.fault === "stores whatever login is there" &&
      ["identity-mismatch", "held"].includes(state?.state ?? "");
    return stores || trusts ? undefined : state;
  };
  const decideWithVault: typeof real.decideWithVault = (oauth, entry, ...facts) => {
    const forgets = entry !== undefined && agent.fault === "stores older over newer";
    const seen = forgets ? { ...entry, data: { ...entry.data, follows: [] } } : entry;
    return real.decideWithVault(oauth, seen, ...facts);
  };
  return { ...real, decideWithoutVault, decideWithVault };
});

vi.mock("../../../claude/locks.ts", async (load) => {
  const real = await load<typeof claudeLocks>();
  const withClaudeLocks: typeof real.withClaudeLocks = (...args) =>
    agent.fault === "takes none of the CLI's locks"
      ? args[3]({ stillOurs: () => Promise.resolve(true), whileWriting: (change) => change() })
      : real.withClaudeLocks(...args);
  return { ...real, withClaudeLocks };
});

vi.mock("../../../agent/files.ts", async (load) => {
  const real = await load<typeof ownFiles>();
  const removeStaleFiles: typeof real.removeStaleFiles = (...args) =>
    agent.fault === "leaves its temporary files" ? Promise.resolve() : real.removeStaleFiles(...args);
  return { ...real, removeStaleFiles };
});

const withFiles =
  (change: (files: Files) => Partial<Files>) =>
  (world: AgentWorld): AgentWorld => ({
    ...world,
    files: { ...world.files, ...change(world.files) },
  });

/** Writes in place, as an editor does. */
const inPlace = withFiles((files) => ({
  async rename(from, to) {
    const reading = await files.read(from, 1 << 20);
    if (reading.kind !== "file") return files.rename(from, to);
    await files.remove(to);
    await files.create(to, reading.text);
    await files.remove(from);
  },
}));

const unsynced = withFiles(() => ({ sync: () => Promise.resolve() }));

/** Writes to Vault without the keys of other tools. */
const alone = (world: AgentWorld): AgentWorld => ({
  ...world,
  vault: (token) => {
    const vault = world.vault(token);
    const own = (data: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith("sibling")));
    return { ...vault, kvWrite: (path, data, cas) => vault.kvWrite(path, own(data), cas) };
  },
});

/** A fault, the rule that it breaks, and a change of the world that it needs. */
const faults: readonly (readonly [string, string, ((world: AgentWorld) => AgentWorld) | undefined])[] = [
  ["restores on trouble that passes", "consumed", undefined],
  ["begins a restore again from Vault", "consumed", undefined],
  ["forgets what was superseded", "consumed", undefined],
  ["stores older over newer", "older", undefined],
  ["stores whatever login is there", "identity", undefined],
  ["takes none of the CLI's locks", "locks", undefined],
  ["calls a login dead that is only unproven", "false alarm", undefined],
  ["leaves its temporary files", "leftover", undefined],
  ["writes in place", "whole", inPlace],
  ["does not wait for the disk", "whole", unsynced],
  ["drops what others keep in Vault", "siblings", alone],
];

test.each(faults)("the simulation finds an agent that %s", async (fault, rule, disturb) => {
  agent.fault = fault;
  try {
    const found = await seedThatBreaks(rule, disturb);
    expect(found).toBeDefined();
    // The same schedule breaks no promise of a whole agent.
    agent.fault = undefined;
    const { violations } = await runSchedule(found ?? 0);
    expect(violations.filter((violation) => violation.rule === rule)).toEqual([]);
  } finally {
    agent.fault = undefined;
  }
});

const SEEDS = 1500;

async function seedThatBreaks(
  rule: string,
  disturb: ((world: AgentWorld) => AgentWorld) | undefined,
): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await runSchedule(seed, disturb === undefined ? {} : { disturb });
    if (violations.some((violation) => violation.rule === rule)) return seed;
  }
  return undefined;
}
