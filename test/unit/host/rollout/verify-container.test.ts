/** When a container counts as up; a `docker` that tells one story after the other answers. */
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { verifyContainer } from "../../../../host/rollout/verify-container.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

interface Look {
  readonly status?: string;
  readonly restarts?: number;
  readonly health?: string;
  readonly policy?: string;
}

/** Answers `docker inspect` with these looks in turn; the last one for ever. The process is this one. */
async function engine(looks: readonly Look[]): Promise<() => Promise<number>> {
  const folder = await temporaryFolder();
  for (const [index, { status = "running", restarts = 0, health, policy = "always" }] of looks.entries()) {
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
[ -f "$n" ] || n=${looks.length - 1}
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
/** What is said once a container counts as up: this process has no such mount. */
const UP = "In backend nothing is mounted at /nowhere/auth.json";

describe("a container", () => {
  test.each<[string, number, readonly Look[]]>([
    ["that runs without a health check is up after three looks", 3, [{}]],
    [
      "that gets healthy is up after three looks from then on",
      5,
      [{ health: "starting" }, { health: "starting" }, { health: "healthy" }],
    ],
    ["that was restarted between two looks begins anew", 14, [{}, {}, { restarts: 1 }]],
  ])("%s", async (_, looks, story) => {
    const asked = await engine(story);
    await expect(verifyContainer(check, 1)).rejects.toThrow(UP);
    expect(await asked()).toBe(looks);
  });

  test("that is restarted again and again is never up, even when it seems to run at every look", async () => {
    await engine(Array.from({ length: 500 }, (_, index) => ({ restarts: 1 + Math.floor(index / 5) })));
    await expect(verifyContainer({ ...check, healthTimeoutSeconds: 0.5 }, 1)).rejects.toThrow(
      /backend is not up after 0\.5 s: running, restarted \d+ times/,
    );
  });

  test("that has ended and stays so is not waited for", async () => {
    const asked = await engine([{ status: "exited", policy: "no" }]);
    await expect(verifyContainer(check, 1)).rejects.toThrow("backend is not up after 60 s: exited");
    expect(await asked()).toBe(1);
  });

  test("that stays unhealthy is not up", async () => {
    await engine([{ health: "unhealthy" }]);
    await expect(verifyContainer({ ...check, healthTimeoutSeconds: 0.2 }, 1)).rejects.toThrow(
      "running, health unhealthy",
    );
  });
});
