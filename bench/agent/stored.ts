/** How soon a login that was replaced is in Vault: from the rename in the home to the version's own time. */
import { setTimeout as sleep } from "node:timers/promises";
import { command } from "../../lib/process.ts";
import type { DevEnvironment } from "../../dev/environment.ts";
import { median } from "../measure.ts";
import { figure, type Result } from "../result.ts";
import { newestEntry } from "./entry.ts";
import { nextLogin, USER } from "./home.ts";

const TIMES = 100;

/** By the path unit, on the workstation, with real systemd. */
export async function benchStored(
  environment: DevEnvironment,
  say: (line: string) => void,
): Promise<readonly Result[]> {
  const [ssh, ...args] = environment.workstationSsh;
  const file = `/home/${USER}/.claude/.credentials.json`;
  const current = JSON.parse(await command(ssh, [...args, `cat ${file}`])) as {
    claudeAiOauth: { refreshTokenExpiresAt: number };
  };
  const replace =
    "umask 077; cat > .claude/.credentials.json.new && date +%s%N && mv .claude/.credentials.json.new .claude/.credentials.json";
  const seconds: number[] = [];
  for (let time = 1; time <= TIMES; time++) {
    if (time % 20 === 0) say(`a login replaced ${time} of ${TIMES} times`);
    const oauth = nextLogin(current.claudeAiOauth.refreshTokenExpiresAt);
    const text = JSON.stringify({ ...current, claudeAiOauth: { ...current.claudeAiOauth, ...oauth } });
    const begun = await command(ssh, [...args, `runuser -l ${USER} -c '${replace}'`], { input: text });
    for (;;) {
      const { createdAt, login } = await newestEntry(environment);
      if (login.includes(String(oauth["refreshToken"]))) {
        seconds.push((createdAt - Number(begun) / 1e6) / 1000);
        break;
      }
      await sleep(50);
    }
  }
  const sorted = seconds.toSorted((a, b) => a - b);
  const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
  return [
    { ...figure("replaced login to Vault, median", "s", [median(seconds)], []), runs: TIMES },
    { ...figure("replaced login to Vault, p99", "s", [p99], []), runs: TIMES },
  ];
}
