/** When a container counts as healthy. A stand-in for `docker` answers with one state after the other. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ageOf } from "../../../../host/process-stat.ts";
import { verifyContainer } from "../../../../host/rollout/verify-container.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) child.kill();
});

/** Starts a process that stands for the first one of a container. */
function firstProcess(): number {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  children.push(child);
  return child.pid ?? 0;
}

interface Sample {
  readonly status?: string;
  readonly restarts?: number;
  readonly health?: string;
  readonly policy?: string;
  /** Its networks; by default the engine does not say. */
  readonly networks?: readonly string[];
  /** Default: this process, which has run for long. */
  readonly pid?: number;
}

/** Answers `docker inspect` with these states in turn, and repeats the last. */
async function engine(samples: readonly Sample[]): Promise<() => Promise<number>> {
  const folder = await temporaryFolder();
  for (const [index, sample] of samples.entries()) {
    const {
      status = "running",
      restarts = 0,
      health,
      policy = "always",
      pid = process.pid,
      networks,
    } = sample;
    const container = {
      Id: "c0ffee",
      Name: "/backend",
      RestartCount: restarts,
      State: {
        Status: status,
        // Docker says that a paused container runs.
        Running: status === "running" || status === "paused",
        Pid: pid,
        ...(health === undefined ? {} : { Health: { Status: health } }),
      },
      Config: { Labels: {} },
      HostConfig: { RestartPolicy: { Name: policy }, NetworkMode: "front" },
      ...(networks && {
        NetworkSettings: { Networks: Object.fromEntries(networks.map((name) => [name, {}])) },
      }),
    };
    await writeFile(join(folder, String(index)), JSON.stringify([container]));
  }
  const script = `#!/bin/sh
cd ${folder}
n=$(cat count 2>/dev/null || echo 0)
echo $((n + 1)) > count
[ -f "$n" ] || n=${samples.length - 1}
cat "$n"
`;
  await writeFile(join(folder, "docker"), script, { mode: 0o755 });
  vi.stubEnv("PATH", [folder, "/usr/bin", "/bin"].join(delimiter));
  return async () => Number(await readFile(join(folder, "count"), "utf8"));
}

const check = {
  protocol: 1,
  container: "backend",
  source: "/srv/auth.d/copy.json",
  target: "/nowhere/auth.json",
  sha256: "a".repeat(64),
  healthTimeoutSeconds: 60,
};
/** The error of a container that counts as healthy: this process has no such mount. */
const HEALTHY = "In backend nothing is mounted at /nowhere/auth.json";

const AGES = { checked: 150, unchecked: 300, restarted: 600 };

describe("a container", () => {
  test("that is paused is refused, although the engine says that it runs", async () => {
    await engine([{ status: "paused" }]);
    await expect(verifyContainer({ ...check, healthTimeoutSeconds: 0.1 })).rejects.toThrow(
      "backend is not up after 0.1 s: paused",
    );
  });

  test.each([
    [
      "without its network is refused",
      [],
      "backend is not connected to the network front; run `pulumi up` to replace it.",
    ],
    ["with its network goes on to the check of the token", ["front"], HEALTHY],
  ])("%s", async (_, networks, message) => {
    await engine([{ health: "healthy", networks }]);
    await expect(verifyContainer(check)).rejects.toThrow(message);
  });

  test.each<[string, number, Sample]>([
    ["with a passing health check", AGES.checked, { health: "healthy" }],
    ["without a health check", AGES.unchecked, {}],
    ["that has been restarted", AGES.restarted, { health: "healthy", restarts: 1 }],
  ])("%s counts when its run has lasted for long enough", async (_, age, state) => {
    const pid = firstProcess();
    await engine([{ ...state, pid }]);
    await expect(verifyContainer(check, { sample: 10_000, ...AGES })).rejects.toThrow(HEALTHY);
    expect(await ageOf(pid)).toBeGreaterThanOrEqual(age);
  });

  test.each<[string, number, readonly Sample[]]>([
    ["has run for long counts at the first sample", 1, [{}]],
    [
      "becomes healthy counts at once",
      3,
      [{ health: "starting" }, { health: "starting" }, { health: "healthy" }],
    ],
  ])("that %s", async (_, samples, states) => {
    const asked = await engine(states);
    await expect(
      verifyContainer(check, { sample: 1, checked: 0, unchecked: 0, restarted: 0 }),
    ).rejects.toThrow(HEALTHY);
    expect(await asked()).toBe(samples);
  });

  test("that was restarted between two samples starts from the beginning", async () => {
    const [first, second] = [firstProcess(), firstProcess()];
    await engine([{ pid: first }, { pid: second, restarts: 1 }]);
    await expect(verifyContainer(check, { sample: 1, ...AGES })).rejects.toThrow(HEALTHY);
    expect(await ageOf(second)).toBeGreaterThanOrEqual(AGES.restarted);
  });

  test("whose first process has ended meanwhile is asked again", async () => {
    const asked = await engine([{ pid: 2 ** 30 }, {}]);
    await expect(verifyContainer(check, { sample: 1, ...AGES })).rejects.toThrow(HEALTHY);
    expect(await asked()).toBe(2);
  });

  test("that is restarted again and again is never healthy, even when it runs at every sample", async () => {
    const runs = Array.from({ length: 4 }, firstProcess);
    await engine(
      Array.from({ length: 500 }, (_, index) => ({ restarts: 1 + index, pid: runs[index % 4] ?? 0 })),
    );
    const timing = { sample: 1, ...AGES, restarted: 60_000 };
    await expect(verifyContainer({ ...check, healthTimeoutSeconds: 0.5 }, timing)).rejects.toThrow(
      /backend is not up after 0\.5 s: running, restarted \d+ times/,
    );
  });

  test("that has ended for good fails at once", async () => {
    const asked = await engine([{ status: "exited", policy: "no" }]);
    await expect(verifyContainer(check)).rejects.toThrow("backend is not up after 60 s: exited");
    expect(await asked()).toBe(1);
  });

  test("that stays unhealthy fails at the deadline", async () => {
    await engine([{ health: "unhealthy" }]);
    const timing = { sample: 1, ...AGES };
    await expect(verifyContainer({ ...check, healthTimeoutSeconds: 0.2 }, timing)).rejects.toThrow(
      "running, health unhealthy",
    );
  });
});
