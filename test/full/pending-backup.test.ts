// Vault hangs: it accepts connections and never answers. The backup that waits for it is tried again by systemd until it is stored.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { findProcess } from "../../dev/processes.ts";
import { lineOf } from "../support/environment/run-line.ts";
import { backup } from "../support/environment/vault.ts";
import {
  awaitRest,
  logIn,
  onWorkstation,
  person,
  placesOf,
  readCredentials,
  runService,
  watch,
  writeCredentials,
} from "../support/environment/workstation.ts";

const USER = "alice";
const WAIT = { timeout: 90_000, interval: 500 };

let environment: DevEnvironment;
beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await watch(environment, USER);
});
afterAll(async () => {
  signalVault("SIGCONT");
  await logIn(environment, USER);
  await awaitRest(environment, USER);
});

function signalVault(signal: "SIGSTOP" | "SIGCONT"): void {
  const vault = findProcess("openbao");
  if (vault === undefined) throw new Error("openbao does not run.");
  process.kill(vault.pid, signal);
}

async function refreshTokenAtHome(): Promise<string> {
  const file = JSON.parse((await readCredentials(environment, USER)) ?? "{}") as {
    claudeAiOauth?: { refreshToken?: string };
  };
  return file.claudeAiOauth?.refreshToken ?? "";
}
const stored = async () => String((await backup(environment, USER))?.data["claude_ai_oauth_json"]);
const exists = (path: string) =>
  onWorkstation(environment, `test -e ${path} && echo yes || echo no`).then((text) => text.trim() === "yes");
const inferences = async () =>
  (await environment.anthropic.requests()).filter(({ path }) => path.startsWith("/v1/messages")).length;

/** Lets the user's login be stored, and then expire in its file. */
async function settled(): Promise<void> {
  await awaitRest(environment, USER);
  const { claudeAiOauth } = await environment.anthropic.login(person(USER).email);
  await writeCredentials(environment, USER, { claudeAiOauth });
  await expect.poll(stored, WAIT).toContain(String(claudeAiOauth.refreshToken));
  await writeCredentials(environment, USER, {
    claudeAiOauth: { ...claudeAiOauth, expiresAt: Date.now() - 3_600_000 },
  });
  await awaitRest(environment, USER);
}

/** Lets the run end, and more retries than one, while Vault hangs. Then Vault goes on. */
async function expectStoredLater(): Promise<void> {
  const { pending } = placesOf(USER);
  await expect.poll(() => exists(pending), WAIT).toBe(true);
  // Each retry waits ten seconds for Vault, and five for the next retry.
  await sleep(40_000);
  const token = await refreshTokenAtHome();
  const asked = await inferences();
  signalVault("SIGCONT");
  await expect.poll(stored, WAIT).toContain(token);
  await expect.poll(() => exists(pending), WAIT).toBe(false);
  await awaitRest(environment, USER);
  expect(await inferences()).toBe(asked);
}

it(
  "after the service, whose refresh has also started the path unit's backup",
  { timeout: 300_000 },
  async () => {
    await settled();
    signalVault("SIGSTOP");
    const ran = await runService(environment, USER);
    expect(lineOf(ran)).toMatch(/^WARN user=alice class=ok reason=refresh-proven fleet=\w+ backup=pending /);
    await expectStoredLater();
  },
);

it("after a change of the file, which the path unit's backup finds", { timeout: 300_000 }, async () => {
  await settled();
  await runService(environment, USER);
  await awaitRest(environment, USER);
  const before = await refreshTokenAtHome();
  await writeCredentials(environment, USER, {
    claudeAiOauth: {
      ...(JSON.parse((await readCredentials(environment, USER)) ?? "{}") as { claudeAiOauth: object })
        .claudeAiOauth,
      expiresAt: Date.now() - 3_600_000,
    },
  });
  await awaitRest(environment, USER);
  signalVault("SIGSTOP");
  // A session of the user refreshes the login.
  await onWorkstation(
    environment,
    `runuser -l ${USER} -c 'cd /tmp && claude -p "Reply OK" --output-format json --model haiku </dev/null'`,
  );
  expect(await refreshTokenAtHome()).not.toBe(before);
  await expectStoredLater();
});
