/** Kills the real agent at one step of a scene. Checks what it leaves behind, and the run after it. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { OauthEndpoint } from "./oauth-endpoint.ts";
import type { Programs } from "./programs.ts";
import { SCENES } from "./scenes.ts";
import { Stage, type KillPoint } from "./stage.ts";

/** @returns whether the agent was killed: false when it has fewer steps */
export async function killAt(
  scene: string,
  point: KillPoint,
  programs: Programs,
  endpoint: OauthEndpoint,
  folder: string,
): Promise<boolean> {
  const stage = await Stage.open(await mkdtemp(join(folder, "home-")), programs, endpoint);
  try {
    await SCENES[scene]?.(stage);
    const life = await stage.live("run", point);
    const at = `${scene}: ${life.errors.trim()}`;
    await stage.expectWhole(at);
    const { said } = await stage.live("run", { when: "before", step: 0 });
    expect(said, at).toMatch(/^OK .*class=ok/m);
    await stage.expectWhole(at);
    await stage.expectLive(at);
    await stage.expectTidy(at);
    return life.killed;
  } finally {
    await stage.close();
  }
}
