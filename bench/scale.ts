/**
 * `npm run bench scale`: what users cost. The program under mocks; `pulumi up`, an unchanged one and one without
 * checkpoints against the dev Vault, beside a shell script with the Vault command.
 */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { devEnvironment, type DevEnvironment } from "../dev/environment.ts";
import { shellWord } from "../lib/shell-words.ts";
import { userPolicy } from "../plan/vault/user-policy.ts";
import { measure, type Measurement } from "./measure.ts";
import { figure, results, type Result } from "./result.ts";
import type { ScalePlan } from "./scale/plan.ts";
import { openScaleStack, WITHOUT_CHECKPOINTS, type ScaleStack } from "./scale/stack.ts";

/** What one size has cost, in seconds. */
interface Costs {
  readonly users: number;
  readonly mocked: number;
  readonly create: number;
  readonly unchanged: number;
  readonly list: readonly Result[];
}

/**
 * Measures against the dev Vault; everything it makes there is destroyed again. Each size's figures are said as they come.
 * @param sizes numbers of users, ascending
 */
export async function benchScale(
  say: (line: string) => void,
  sizes: readonly number[],
): Promise<readonly Result[]> {
  const environment = await devEnvironment();
  const costs: Costs[] = [];
  for (const users of sizes) {
    costs.push(await benchSize(environment, users, say));
  }
  return [...costs.flatMap(({ list }) => list), ...growth(costs)];
}

/** What each user more costs, from the last size but one to the last. */
function growth(costs: readonly Costs[]): readonly Result[] {
  const [fewer, more] = costs.slice(-2);
  if (fewer === undefined || more === undefined) return [];
  const span = `each user from ${fewer.users} to ${more.users}`;
  return (["mocked", "create", "unchanged"] as const).map((what) =>
    figure(`${NAMES[what]}, ${span}`, "s", [(more[what] - fewer[what]) / (more.users - fewer.users)], []),
  );
}

const NAMES = { mocked: "program under mocks", create: "up", unchanged: "unchanged up" } as const;
const UNSAVED = "up without checkpoints";

async function benchSize(
  environment: DevEnvironment,
  users: number,
  say: (line: string) => void,
): Promise<Costs> {
  const stack = await openScaleStack(environment, users);
  const name = (what: string) => `${what}, ${users} ${users === 1 ? "user" : "users"}`;
  // A thousand users take most of an hour: what is known is said at once.
  const told = async (what: string, measured: Promise<Measurement>): Promise<Measurement> => {
    const measurement = await measured;
    say(`${name(what)}: ${measurement.seconds.toFixed(1)} s, ${Math.round(measurement.peakMiB)} MiB`);
    return measurement;
  };
  try {
    const mocked = await told(
      NAMES.mocked,
      measure(["node", "--import", "tsx", "mocked.ts", String(users)], stack),
    );
    const create = await told(NAMES.create, pulumi(stack, "up", "--yes", "--skip-preview"));
    const unchanged = [
      await told(NAMES.unchanged, pulumi(stack, "up", "--yes")),
      await told(NAMES.unchanged, pulumi(stack, "up", "--yes")),
    ];
    // Not a figure: without checkpoints it takes the least time.
    const quick = { ...stack, env: { ...stack.env, ...WITHOUT_CHECKPOINTS } };
    await pulumi(quick, "destroy", "--yes", "--skip-preview");
    const unsaved = await told(UNSAVED, pulumi(quick, "up", "--yes", "--skip-preview"));
    await pulumi(quick, "destroy", "--yes", "--skip-preview");
    const script = await scriptFor(stack.plan, stack.folder);
    const shell = (action: string): Promise<Measurement> =>
      told(`script, ${action}`, measure(["sh", script, action], stack));
    const createByShell = await shell("create");
    const compareByShell = [await shell("compare"), await shell("compare")];
    await shell("remove");
    return {
      users,
      mocked: mocked.seconds,
      create: create.seconds,
      unchanged: Math.min(...unchanged.map(({ seconds }) => seconds)),
      list: [
        ...results(name(NAMES.mocked), [mocked], []),
        ...results(name(NAMES.create), [create], [createByShell]),
        ...results(name(NAMES.unchanged), unchanged, compareByShell),
        ...results(name(`${UNSAVED}, beside one with them`), [unsaved], [create]),
      ],
    };
  } finally {
    await stack.close();
  }
}

const pulumi = (stack: Pick<ScaleStack, "cwd" | "env">, ...args: readonly string[]) =>
  measure(["npx", "pulumi", ...args], stack);

/** What a careful administrator would write instead: the same writes, and a comparison, by the Vault command. */
async function scriptFor(plan: ScalePlan, folder: string): Promise<string> {
  const each = await Promise.all(
    plan.users.map(async (user) => {
      const file = path.join(folder, `${user.policy}.hcl`);
      await writeFile(file, userPolicy(user));
      const entry = `${plan.vault.prefix}/${user.name}`;
      return {
        create: [
          `bao policy write ${user.policy} ${shellWord(file)}`,
          `bao kv metadata put -mount=${plan.vault.mount} -max-versions=50 -custom-metadata=fleet=${plan.fleet} -custom-metadata=user=${user.name} ${entry}`,
        ],
        compare: [
          `bao policy read ${user.policy} | cmp -s - ${shellWord(file)} || echo "${user.name} differs"`,
          `bao kv metadata get -mount=${plan.vault.mount} -format=json ${entry} | grep -q '"max_versions": 50' || echo "${user.name} differs"`,
        ],
        remove: [
          `bao policy delete ${user.policy}`,
          `bao kv metadata delete -mount=${plan.vault.mount} ${entry}`,
        ],
      };
    }),
  );
  const role = `auth/token/roles/${plan.vault.role}`;
  const steps = {
    create: [
      `bao write ${role} allowed_policies_glob=${plan.vault.policyGlob} orphan=true token_period=768h token_no_default_policy=true`,
      ...each.flatMap(({ create }) => create),
    ],
    compare: [`bao read ${role}`, ...each.flatMap(({ compare }) => compare)],
    remove: [`bao delete ${role}`, ...each.flatMap(({ remove }) => remove)],
  };
  const file = path.join(folder, `${plan.fleet}.sh`);
  const cases = Object.entries(steps).map(([action, lines]) => `${action})\n${lines.join("\n")}\n;;`);
  await writeFile(file, `set -eu\ncase "$1" in\n${cases.join("\n")}\nesac\n`);
  return file;
}
