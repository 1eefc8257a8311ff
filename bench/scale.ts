/** `npm run bench scale`: `pulumi up` and an unchanged `up` for 1, 10 and 100 users, beside a shell script with the Vault command. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { devEnvironment } from "../dev/environment.ts";
import { fileBackend } from "../dev/toolchain/environment.ts";
import { userPolicy } from "../plan/vault-policy.ts";
import { shellWord } from "../plan/shell.ts";
import { measure, type Measurement } from "./measure.ts";
import { results, type Result } from "./result.ts";
import { scalePlan, type ScalePlan } from "./scale/plan.ts";

const SIZES = [1, 10, 100];
const project = fileURLToPath(new URL("scale", import.meta.url));

/** Measures against the dev Vault; everything it makes there is destroyed again. */
export async function benchScale(say: (line: string) => void): Promise<readonly Result[]> {
  const environment = await devEnvironment();
  const folder = await mkdtemp(path.join(tmpdir(), "claude-fleet-bench-"));
  const env = {
    ...process.env,
    ...environment.variables,
    PULUMI_BACKEND_URL: fileBackend(folder),
    PULUMI_STACK: "scale",
  };
  const list: Result[] = [];
  try {
    for (const users of SIZES) {
      say(`${users} users`);
      list.push(...(await benchSize(scalePlan(environment.vault.address, users), folder, env)));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return list;
}

async function benchSize(
  plan: ScalePlan,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<readonly Result[]> {
  const stack = `size${plan.users.length}`;
  const options = { cwd: project, env: { ...env, PULUMI_STACK: stack } };
  const pulumi = (...args: readonly string[]) => measure(["npx", "pulumi", ...args], options);
  const settings = path.join(project, `Pulumi.${stack}.yaml`);
  const name = (what: string) =>
    `${what}, ${plan.users.length} ${plan.users.length === 1 ? "user" : "users"}`;
  await writeFile(
    settings,
    JSON.stringify({
      config: {
        "scale:address": plan.vault.address,
        "scale:users": String(plan.users.length),
        // The stand-in plugins serve only stacks that say so; the official ones do not read it.
        "claude-fleet:plugins": "stand-in",
      },
    }),
  );
  try {
    await pulumi("stack", "init", stack);
    const create = await pulumi("up", "--yes", "--skip-preview");
    const unchanged = [await pulumi("up", "--yes"), await pulumi("up", "--yes")];
    await pulumi("destroy", "--yes", "--skip-preview");
    const script = await scriptFor(plan, folder);
    const shell = (action: string): Promise<Measurement> => measure(["sh", script, action], options);
    const createByShell = await shell("create");
    const compareByShell = [await shell("compare"), await shell("compare")];
    await shell("remove");
    return [
      ...results(name("up"), [create], [createByShell]),
      ...results(name("unchanged up"), unchanged, compareByShell),
    ];
  } finally {
    await rm(settings, { force: true });
  }
}

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
