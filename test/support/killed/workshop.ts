/** What all tests that kill the real agent share: its programs, the server, a folder for its homes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { killAt } from "./kill.ts";
import { OauthEndpoint } from "./oauth-endpoint.ts";
import { buildKilledPrograms, type Programs } from "./programs.ts";
import type { KillPoint } from "./stage.ts";

/** @returns a function that kills the agent in a scene, and returns whether it had so many steps */
export function killing(): (scene: string, point: KillPoint) => Promise<boolean> {
  const endpoint = new OauthEndpoint();
  let folder = "";
  let programs: Programs | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "claude-fleet-killed-"));
    programs = await buildKilledPrograms(folder, (await endpoint.start()).address);
  });
  afterAll(async () => {
    await endpoint.close();
    await rm(folder, { recursive: true, force: true });
  });
  return (scene, point) => {
    if (programs === undefined) throw new Error("The programs are not built.");
    return killAt(scene, point, programs, endpoint, folder);
  };
}
