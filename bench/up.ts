/** `npm run bench up`: `npm run up` from nothing and with warm caches, by phase; and an `up` without changes. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { devEnvironment } from "../dev/environment.ts";
import { cacheFolder } from "../lib/cache.ts";
import { measure } from "./measure.ts";
import { figure, results, type Result } from "./result.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const timings = z.record(z.string(), z.number());

/**
 * Takes the environment down and brings it up twice: with an empty cache, then with the cache of the first. The
 * baseline of a warm phase is its cold one. Leaves the environment down. Packages stay installed: how long npm takes is not ours.
 */
export async function benchUp(say: (line: string) => void): Promise<readonly Result[]> {
  // Beside the usual one: what lies below a folder that everybody writes to is not run as root.
  const beside = path.dirname(cacheFolder());
  await mkdir(beside, { recursive: true });
  const cache = await mkdtemp(path.join(beside, "claude-fleet-bench-"));
  const env = { ...process.env, XDG_CACHE_HOME: cache, GOCACHE: path.join(cache, "go-build") };
  const run = (action: "up" | "down") => measure(["node", "dev/bootstrap.mjs", action], { cwd: root, env });
  try {
    await run("down");
    say("from nothing: builds the Pulumi CLI where releases cannot be reached, which takes minutes");
    const cold = await run("up");
    const coldPhases = await phases();
    await run("down");
    say("with warm caches");
    const warm = await run("up");
    const warmPhases = await phases();
    return [
      figure("npm run up, cold", "s", [cold.seconds], []),
      figure("npm run up, warm", "s", [warm.seconds], [cold.seconds]),
      ...Object.keys(warmPhases).map((phase) =>
        figure(`  ${phase}, warm`, "s", [warmPhases[phase] ?? 0], [coldPhases[phase] ?? 0]),
      ),
    ];
  } finally {
    // Its settings and its workstation name the cache that goes.
    await run("down");
    await rm(cache, { recursive: true, force: true });
    say("the environment is down; `npm run up` brings it up again");
  }
}

async function phases(): Promise<Readonly<Record<string, number>>> {
  return timings.parse(JSON.parse(await readFile(path.join(root, ".dev/timings.json"), "utf8")));
}

/** `npm run bench unchanged`: an `up` without changes, beside a shell script that looks at the same things by hand. */
export async function benchUnchanged(say: (line: string) => void): Promise<readonly Result[]> {
  const environment = await devEnvironment();
  const options = { cwd: root, env: { ...process.env, ...environment.variables } };
  const users = ["alice", "bob", "carol"];
  const script = [
    "set -eu",
    "bao read auth/token/roles/claude-dev",
    ...users.flatMap((user) => [
      `bao policy read claude-dev-${user}`,
      `bao kv metadata get -mount=secret workstation/claude-users/${user}`,
    ]),
    `${environment.workstationSsh.join(" ")} "sha256sum /etc/systemd/system/claude-auth-sync@*; systemctl is-enabled ${users.map((user) => `claude-auth-sync@${user}.timer`).join(" ")}; cat ${users.map((user) => `/home/${user}/.config/claude-auth-sync/vault-accessor`).join(" ")}"`,
    ...users.map(
      (user) =>
        `${environment.workstationSsh.join(" ")} cat /home/${user}/.config/claude-auth-sync/vault-accessor | xargs bao token lookup -accessor`,
    ),
    `docker inspect ${environment.serviceContainers.join(" ")}`,
    `sha256sum ${environment.tokenFile}`,
  ].join("\n");
  const ours = [];
  const baseline = [];
  for (let round = 1; round <= 3; round++) {
    say(`round ${round} of 3`);
    ours.push(await measure(["npx", "pulumi", "up", "--yes", "--stack", "dev"], options));
    baseline.push(await measure(["sh", "-s"], { ...options, input: script }));
  }
  return results("unchanged up of the dev fleet", ours, baseline);
}
