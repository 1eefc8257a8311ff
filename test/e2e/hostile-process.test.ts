/** bob interferes with every process that root starts as him. Only bob's part fails, and everybody else is repaired. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DevEnvironment } from "../../dev/environment.ts";
import { environmentWithProvenLogins } from "../support/environment/operator.ts";
import { preview } from "../support/environment/pulumi.ts";
import { reasserted } from "../support/environment/reassertion.ts";
import { awaitRest, onWorkstation, placesOf, unwatch, watch } from "../support/environment/workstation.ts";

const ATTACK = "hostile-bob";
const TIMER = "claude-auth-sync@alice.timer";
const HIS = "' user [a-z]+$'";
let environment: DevEnvironment;

beforeAll(async () => {
  environment = await environmentWithProvenLogins();
});
afterEach(() => onWorkstation(environment, `systemctl stop ${ATTACK}.service 2>/dev/null || true`));
afterAll(async () => {
  await onWorkstation(environment, "systemctl reset-failed");
  // A status names what the last repair could not do.
  expect(await reasserted(environment)).toEqual(["0 repaired, 0 not repaired"]);
});

/** From now on bob sends this signal to each process of the fleet that runs as bob. */
async function attackWith(signal: string): Promise<void> {
  const loop = `while :; do pkill -${signal} -u bob -f ${HIS}; sleep 0.02; done`;
  const file = `/run/${ATTACK}`;
  const start = `systemd-run --quiet --collect --unit=${ATTACK} --uid=bob sh ${file}`;
  await onWorkstation(environment, `cat > ${file} && ${start}`, loop);
}

describe("a user's process that", () => {
  it.each([
    [
      "is stopped",
      "STOP",
      "did not end within 20 s; check the load of the host, whether the user's home answers, and look for stopped processes of the user (`ps -fu bob`).",
    ],
    [
      "is killed",
      "KILL",
      "was ended by SIGKILL; look for a process of the user that interferes (`ps -fu bob`), and check the resource limits of this user.",
    ],
  ])("%s fails alone in the hourly repair", async (_, signal, why) => {
    const { configFolder } = placesOf("alice");
    await onWorkstation(environment, `systemctl disable --now --quiet ${TIMER} && chmod 755 ${configFolder}`);
    await attackWith(signal);
    const begun = Date.now();
    expect((await reasserted(environment)).toSorted()).toEqual(
      [
        "the service failed",
        `repaired: ${TIMER} was not enabled and active`,
        `repaired: alice: ${configFolder} had the mode 0755`,
        `error: bob: the process that runs as this user ${why}`,
        "2 repaired, 1 not repaired",
      ].toSorted(),
    );
    expect(Date.now() - begun).toBeLessThan(60_000);
    expect(await onWorkstation(environment, `systemctl is-active ${TIMER}`)).toBe("active\n");
    await onWorkstation(environment, `systemctl stop ${ATTACK}.service`);
    expect(await onWorkstation(environment, `pgrep -u bob -f ${HIS} || true`)).toBe("");
  });

  it("is stopped does not hide the host from a preview", async () => {
    await attackWith("STOP");
    const ended = await preview(environment);
    expect(ended.output).toContain(
      "user bob: the state of the Vault token is unknown: bob: the process that runs as this user did not end within 20 s",
    );
    expect(ended.output).not.toMatch(/user (?:alice|carol): |no answer within/);
  });
});

describe("a pipe in the place of sync.log", () => {
  const { log } = placesOf("alice");
  const moved = `${log}.kept`;
  beforeAll(() => unwatch(environment, "alice"));
  afterAll(async () => {
    await onWorkstation(environment, `rm -f ${log} && mv ${moved} ${log}`);
    await watch(environment, "alice");
  });

  it("does not keep the run, which proves the login and names the pipe", async () => {
    await onWorkstation(environment, `runuser -u alice -- sh -c 'mv ${log} ${moved} && mkfifo ${log}'`);
    const service = "claude-auth-sync@alice.service";
    const text = await onWorkstation(
      environment,
      `timeout 60 systemctl start ${service}; echo "code $?"; journalctl --sync; journalctl -q -o cat -t claude-auth-sync _SYSTEMD_INVOCATION_ID=$(systemctl show ${service} -p InvocationID --value)`,
    );
    expect(text).toMatch(/^code 0\n+WARN user=alice class=ok /);
    expect(text).toContain(`${log} is a named pipe, not a regular file.`);
    await awaitRest(environment, "alice");
  });
});
