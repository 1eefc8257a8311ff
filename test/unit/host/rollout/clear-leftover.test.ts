/** Only a container with this fleet's labels is removed as a leftover. A stand-in for `docker` records its arguments. */
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { clearLeftover } from "../../../../host/rollout/clear-leftover.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

const owner = {
  protocol: 1,
  container: "backend",
  fleet: "unittest",
  token: "platform",
  service: "backend-b2b",
  gracePeriodSeconds: 7,
};
const labels = {
  "claude-fleet.fleet": "unittest",
  "claude-fleet.token": "platform",
  "claude-fleet.service": "backend-b2b",
};

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Puts a `docker` first on PATH that has one container with these labels, or none. */
async function engine(found: Readonly<Record<string, string>> | undefined, removes = true) {
  const folder = await temporaryFolder();
  const state = { Status: "running", Running: true, Pid: 7 };
  const container = {
    Id: "c0ffee",
    Name: "/backend",
    State: state,
    Config: { Labels: found },
    HostConfig: {},
  };
  await writeFile(join(folder, "answer"), JSON.stringify([container]));
  const inspect = found === undefined ? "echo 'Error: No such container: backend' >&2; exit 1" : "cat answer";
  const script = `#!/bin/sh
cd ${folder}
echo "$*" >> asked
case "$1" in inspect) ${inspect};; rm) ${removes ? ":" : "echo 'it is busy' >&2; exit 1"};; esac
`;
  await writeFile(join(folder, "docker"), script, { mode: 0o755 });
  vi.stubEnv("PATH", [folder, process.env["PATH"]].join(delimiter));
  const asked = async () => (await readFile(join(folder, "asked"), "utf8")).trim().split("\n").slice(1);
  return { asked };
}

describe("a container with the name of a container that is about to be created", () => {
  test("does not exist, so nothing is removed", async () => {
    const { asked } = await engine(undefined);
    expect(await clearLeftover(owner)).toEqual({ container: "backend", removed: false });
    expect(await asked()).toEqual([]);
  });

  test("is stopped and removed when the fleet created it", async () => {
    const { asked } = await engine(labels);
    expect(await clearLeftover(owner)).toEqual({ container: "backend", removed: true });
    expect(await asked()).toEqual(["stop -t 7 c0ffee", "rm --force --volumes c0ffee"]);
  });

  test.each([
    ["without labels", {}],
    ["of another fleet", { ...labels, "claude-fleet.fleet": "other" }],
    ["of another service", { ...labels, "claude-fleet.service": "celery-worker" }],
  ])("is left alone %s", async (_, found) => {
    const { asked } = await engine(found);
    await expect(clearLeftover(owner)).rejects.toThrow(
      "There is a container backend that this fleet did not create; remove or rename it",
    );
    expect(await asked()).toEqual([]);
  });

  test("is named with the engine's message when it cannot be removed", async () => {
    await engine(labels, false);
    await expect(clearLeftover(owner)).rejects.toThrow(
      /cannot be removed: docker .*it is busy; run `docker rm/,
    );
  });
});
