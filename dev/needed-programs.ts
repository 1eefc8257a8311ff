/** Names the programs of the system that an environment uses. */
import { ExpectedError } from "../lib/expected-error.ts";
import { command } from "../lib/process.ts";
import { baseImageMissing } from "./base-image.ts";
import { openbaoMissing } from "./pinned-programs.ts";
import { checkout } from "./checkout.ts";
import { engineMissing } from "./engine.ts";
import type { Need } from "./system-packages.ts";

/** Of every environment. */
const ALWAYS: readonly Need[] = [
  { program: "ssh", why: "reach the workstation" },
  { program: "ssh-keygen", why: "make its keys" },
  { program: "ip", why: "give the containers a network" },
  { program: "flock", why: "keep two runs apart" },
  { program: "docker", why: "look into the containers" },
];

/** Of a test environment. */
const TESTS: readonly Need[] = [
  { program: "rootlesskit", why: "try an engine without root" },
  { program: "newuidmap", why: "give that engine's containers users" },
  { program: "promtool", why: "test the alerts" },
  { program: "amtool", why: "check how alerts are routed" },
  { program: "prometheus-node-exporter", why: "let Prometheus read a workstation's figures" },
  { program: "chromium", why: "look at the page of `claude-fleet status`" },
  { program: "prometheus-alertmanager", why: "test that a rotation waits for its alert" },
];

/** Returns what this environment will use, as far as it depends on what is already there. */
export async function neededPrograms(): Promise<readonly Need[]> {
  const needed = [...ALWAYS];
  if (await engineMissing())
    needed.push({ program: "dockerd", why: "run the containers, for no Docker engine runs here" });
  if (baseImageMissing()) needed.push({ program: "debootstrap", why: "build the workstation's image" });
  if (checkout.environment !== "dev") {
    needed.push(...TESTS);
    if (!(await hasComposePlugin()))
      needed.push({ program: "docker-compose", why: "test the rollout of a compose file's services" });
  }
  if (openbaoMissing()) needed.push({ program: "pip3", why: "download OpenBao" });
  return needed;
}

async function hasComposePlugin(): Promise<boolean> {
  try {
    await command("docker", ["compose", "version"]);
    return true;
  } catch (error) {
    if (error instanceof ExpectedError) return false;
    throw error;
  }
}
