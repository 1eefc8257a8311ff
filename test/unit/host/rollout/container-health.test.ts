/** When a container counts as healthy. A stand-in for `docker` answers with one state after the other. */
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { verifyContainer } from "../../../../host/rollout/verify-container.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

interface Sample {
  readonly status?: string;
  readonly restarts?: number;
  readonly health?: string;
  readonly policy?: string;
}

/** Answers `docker inspect` with these states in turn, and repeats the last. The container's process is this one. */
async function engine(samples: readonly Sample[]): Promise<() => Promise<number>> {
  const folder = await temporaryFolder();
  for (const [index, { status = "running", restarts = 0, health, policy = "always" }] of samples.entries()) {
    const container = {
      Id: "c0ffee",
      Name: "/backend",
      RestartCount: restarts,
      State: {
        Status: status,
        Running: status === "running",
        Pid: process.pid,
        ...(health === undefined ? {} : { Health: { Status: health } }),
      },
      Config: { Labels: {} },
      HostConfig: { RestartPolicy: { Name: policy } },
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

describe("a container", () => {
  test.each<[string, number, readonly Sample[]]>([
    ["that runs without a health check is healthy after three samples", 3, [{}]],
    [
      "that becomes healthy counts after three more samples",
      5,
      [{ health: "starting" }, { health: "starting" }, { health: "healthy" }],
    ],
    ["that was restarted between two samples starts from the beginning", 14, [{}, {}, { restarts: 1 }]],
  ])("%s", async (_, samples, states) => {
    const asked = await engine(states);
    await expect(verifyContainer(check, 1)).rejects.toThrow(HEALTHY);
    expect(await asked()).toBe(samples);
  });

  test("that is restarted again and again is never healthy, even when it runs at every sample", async () => {
    await engine(Array.from({ length: 500 }, (_, index) => ({ restarts: 1 + Math.floor(index / 5) })));
    await expect(verifyContainer({ ...check, healthTimeoutSeconds: 0.5 }, 1)).rejects.toThrow(
      /backend is not up after 0\.5 s: running, restarted \d+ times/,
    );
  });

  test("that has ended for good fails at once", async () => {
    const asked = await engine([{ status: "exited", policy: "no" }]);
    await expect(verifyContainer(check, 1)).rejects.toThrow("backend is not up after 60 s: exited");
    expect(await asked()).toBe(1);
  });

  test("that stays unhealthy fails at the deadline", async () => {
    await engine([{ health: "unhealthy" }]);
    await expect(verifyContainer({ ...check, healthTimeoutSeconds: 0.2 }, 1)).rejects.toThrow(
      "running, health unhealthy",
    );
  });
});
