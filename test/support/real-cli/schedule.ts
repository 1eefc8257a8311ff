/**
 * One short schedule around one login. A seed decides what happens and when. Real processes take their own time, so the same
 * seed gives the same events, but not always the same steps.
 */
import { Random } from "../simulation/random.ts";
import { drawHappening, HAPPENINGS, type Cause, type HappeningName } from "./happenings.ts";
import { LiveAccount } from "./live-account.ts";
import type { Stage } from "./stage.ts";
import { Truth } from "./truth.ts";
import type { ScheduleEnd } from "./truth.ts";

/** Resets an account, and runs the schedule of one seed on it. */
export async function runSchedule(stage: Stage, seed: number): Promise<ScheduleEnd> {
  const random = new Random(seed);
  await stage.reset();
  const account = new LiveAccount(stage);
  const truth = new Truth(account);
  await truth.begin();
  await account.watch();
  try {
    await truth.before([]);
    await stage.signIn();
    await account.rest();
    for (let left = random.whole(1, 2); left > 0; left--) {
      if (random.chance(0.4)) await heal(stage);
      await round(account, truth, random);
    }
    await heal(stage);
    await account.rest();
    await renew(account, truth, random, undefined);
    await truth.end();
  } finally {
    await heal(stage);
    await account.unwatch();
  }
  return truth;
}

async function heal(stage: Stage): Promise<void> {
  await stage.environment.anthropic.behaveWell();
  await stage.vaultBack();
}

/** Lets one or two events happen, then runs the agent, mostly with another event during its run. */
async function round(account: LiveAccount, truth: Truth, random: Random): Promise<void> {
  const before = Array.from({ length: random.whole(1, 2) }, () => drawHappening(random));
  const amid = random.chance(0.6) ? drawHappening(random) : undefined;
  const all = amid === undefined ? before : [...before, amid];
  await truth.before(all.map((name): Cause => HAPPENINGS[name].cause));
  for (const name of before) await happen(account, truth, random, name);
  await renew(account, truth, random, amid);
}

async function renew(
  account: LiveAccount,
  truth: Truth,
  random: Random,
  amid: HappeningName | undefined,
): Promise<void> {
  if (amid === undefined) {
    truth.note((await account.renew(undefined, false)).trim());
  } else {
    const during = () => happen(account, truth, random, amid);
    truth.note((await account.renew(during, random.chance(0.3))).trim());
  }
  await account.quiet();
  await truth.after();
}

async function happen(
  account: LiveAccount,
  truth: Truth,
  random: Random,
  name: HappeningName,
): Promise<void> {
  truth.note(`* ${name}`);
  await HAPPENINGS[name].happen(account.stage, random);
}
