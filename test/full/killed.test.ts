// A `pulumi up` that is ended in its midst: what the documentation says to type is all that is needed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkout } from "../../dev/checkout.ts";
import { chosenEngine } from "../../dev/engine.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { findProcess } from "../../dev/processes.ts";
import { pulumiFolders, recordedPlugins, STACK } from "../../dev/stack.ts";
import { containerRuns, mountedTokens, SERVICES } from "../support/environment/containers.ts";
import { commandRuns, interruptUp, survivors } from "../support/environment/interrupted.ts";
import { repairParts } from "../support/environment/parts.ts";
import { expectSuccess, preview, restoreStack, shellVariables, up } from "../support/environment/pulumi.ts";
import { putNewToken, type TokenFile } from "../support/environment/token-file.ts";
import { asAdmin, askVault } from "../support/environment/vault.ts";
import { onWorkstation, placesOf, vaultTokenOf } from "../support/environment/workstation.ts";
import { typeTheLineForAKilledPulumi } from "../support/environment/documented-line.ts";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});
afterAll(async () => {
  await restoreStack(environment);
});

describe("pulumi killed while it waits for a new container", () => {
  let fresh: TokenFile;

  it("leaves no process behind", async () => {
    fresh = await putNewToken(environment);
    const killed = await interruptUp(environment, "SIGKILL", () => isStarting("runner-agent-blog", fresh));
    expect(killed.code).toBeNull();
    await expect.poll(() => survivors(killed.processes), { timeout: 60_000 }).toEqual([]);
  });

  it("leaves a state whose every file can be read", () => {
    for (const file of stateFiles()) JSON.parse(readFileSync(file, "utf8"));
  });

  it("is made good by the one documented line, the container that it had begun included", async () => {
    await typeTheLineForAKilledPulumi(checkout.root, shellVariables(environment));
    await expectAllFresh(fresh);
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });
});

describe.runIf(chosenEngine()?.kind === "own")(
  "the Docker engine killed while containers are replaced",
  () => {
    it("fails that up, and the next one finishes it once the engine runs again, with no container left over", async () => {
      const fresh = await putNewToken(environment);
      const engine = findProcess("dockerd");
      if (engine === undefined) throw new Error("The environment's own engine does not run.");
      const moment = () => isStarting("runner-agent-blog", fresh);
      const failed = await interruptUp(environment, "SIGKILL", moment, engine.pid);
      expect(failed.code, failed.output).not.toBe(0);
      // The workstation of this environment is a container of that engine, too.
      await repairParts();
      expectSuccess(await up(environment));
      await expectAllFresh(fresh);
      expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
    });
  },
);

describe("pulumi killed while it gives users their Vault tokens", () => {
  it("leaves no process behind", async () => {
    await onWorkstation(environment, `rm ${placesOf("alice").token} ${placesOf("bob").token}`);
    // As soon as there is one token more than when the apply began. Which one it is must not be asked at once: a Vault
    // that is asked for a token whose lease it has not written yet takes the token for a broken one, and revokes it.
    let before: number | undefined;
    const killed = await interruptUp(environment, "SIGKILL", async () => {
      if (!commandRuns("claude-fleet.mjs host apply")) return false;
      const now = (await accessors()).length;
      before ??= now;
      return now > before;
    });
    expect(killed.code).toBeNull();
    await expect.poll(() => survivors(killed.processes), { timeout: 60_000 }).toEqual([]);
  });

  it("is repaired by the one documented line, and no unowned token is left", async () => {
    await typeTheLineForAKilledPulumi(checkout.root, shellVariables(environment));
    const users = ["alice", "bob", "carol"];
    const files = users.map((user) => placesOf(user).accessor).join(" ");
    const owned = (await onWorkstation(environment, `tail -qn +1 ${files}`)).split(/\s+/).filter(Boolean);
    expect(owned).toHaveLength(users.length);
    expect((await fleetTokens(await accessors())).toSorted()).toEqual(owned.toSorted());
    for (const user of users) expect(await vaultTokenOf(environment, user)).toBeDefined();
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });
});

describe("one Ctrl-C while containers are replaced", () => {
  it("ends pulumi by itself, frees the lock, and the next up goes on where it was", async () => {
    const fresh = await putNewToken(environment);
    const before = await containerRuns(environment);
    const stopped = await interruptUp(environment, "SIGINT", () => isStarting("runner-agent", fresh));
    expect(stopped.code, stopped.output).not.toBe(0);
    expect(stopped.code, stopped.output).not.toBeNull();
    await expect.poll(() => survivors(stopped.processes), { timeout: 60_000 }).toEqual([]);
    expect(locks()).toEqual([]);
    // Those whose turn had not come run on.
    expect((await containerRuns(environment)).slice(2)).toEqual(before.slice(2));

    expectSuccess(await up(environment));
    expect(await mountedTokens(environment)).toMatchObject(
      SERVICES.map(() => ({ sha256: fresh.sha256, health: "healthy" })),
    );
  });
});

/** Asserts that the fleet has its five containers with this file, and no other. */
async function expectAllFresh(fresh: TokenFile): Promise<void> {
  expect(await mountedTokens(environment)).toMatchObject(
    SERVICES.map(() => ({ sha256: fresh.sha256, label: fresh.sha256, health: "healthy" })),
  );
  const filters = { label: [`claude-fleet.fleet=${STACK}`] };
  const all = await environment.docker.listContainers({ all: true, filters });
  expect(all.map(({ Names }) => Names[0]).sort()).toEqual(
    SERVICES.map(({ container }) => `/${container}`).sort(),
  );
}

/** Whether a service has its new container, which is not well yet. */
async function isStarting(service: string, { sha256 }: TokenFile): Promise<boolean> {
  const container = SERVICES.find((one) => one.service === service)?.container ?? "";
  const found = await environment.docker.listContainers({
    filters: { name: [`^/${container}$`], label: [`claude-fleet.sha256=${sha256}`], health: ["starting"] },
  });
  return found.length > 0;
}

const keys = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const token = z.object({ data: z.object({ role: z.string().optional() }) });

/** Accessors of all of Vault's tokens. */
async function accessors(): Promise<readonly string[]> {
  return (await asAdmin(environment, { method: "LIST", path: "auth/token/accessors" }, keys)).data.keys;
}

/** Those of these accessors whose tokens were made from the fleet's role. */
async function fleetTokens(candidates: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const accessor of candidates) {
    const call = { method: "POST", path: "auth/token/lookup-accessor", body: { accessor } } as const;
    const { status, body } = await askVault(environment, environment.vault.token, call);
    if (status === 200 && token.parse(body).data.role === `claude-${STACK}`) found.push(accessor);
  }
  return found;
}

/** Files of the state's locks. */
function locks(): readonly string[] {
  return stateFiles("locks");
}

/** Files that Pulumi reads of its state, or of a part of it; what a killed one has not renamed yet it never reads. */
function stateFiles(part = ""): readonly string[] {
  const folder = join(pulumiFolders(recordedPlugins() ?? "stand-in").stateDir, ".pulumi", part);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:json|attrs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
