/** `npm run down`: destroys the stack, then stops and removes everything that `up` made. The user's cache is kept. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { problemsOf } from "../lib/expected-error.ts";
import { checkout, LABEL } from "./checkout.ts";
import { command } from "../lib/process.ts";
import { answers, chosenEngine, connect, type Engine, ensureEngine } from "./engine.ts";
import { devEnvironment } from "./environment.ts";
import { aloneOnMachine } from "./machine-lock.ts";
import { stopOwnEngine } from "./own-engine.ts";
import { runSteps } from "./progress.ts";
import { destroyStack, recordedPlugins, removeStackSettings } from "./stack.ts";
import { stopStandIn } from "./stand-in.ts";
import { lockEnvironment } from "./up.ts";
import { stopVault } from "./vault.ts";

/** Takes everything down. Parts that are missing or broken do not keep the others from going. */
export async function down(): Promise<void> {
  if (!existsSync(checkout.folder)) {
    console.log("There is nothing to take down.");
    return;
  }
  const lock = await lockEnvironment();
  try {
    await destroy();
    await runSteps([
      {
        name: "processes",
        title: "Vault and the stand-in for Anthropic",
        after: [],
        run: async () => {
          await stopStandIn();
          await stopVault();
          return "stopped";
        },
      },
      {
        name: "engine",
        title: "Containers, images and network",
        after: [],
        run: () => aloneOnMachine(removeFromEngine),
      },
      { name: "folder", title: checkout.folder, after: ["processes", "engine"], run: removeFolder },
    ]);
    removeStackSettings();
  } finally {
    await lock.release();
  }
}

/** Without all its servers Pulumi cannot destroy anything; what it made then goes with the servers themselves. */
async function destroy(): Promise<void> {
  if (recordedPlugins() === undefined) return;
  try {
    const { variables } = await devEnvironment();
    await destroyStack(variables);
  } catch (error) {
    console.log(
      `The stack is not destroyed by Pulumi, and goes with all the rest: ${problemsOf(error).join(" ")}`,
    );
  }
}

async function removeFromEngine(): Promise<string> {
  const choice = chosenEngine();
  if (!choice) return "there are none";
  if (choice.kind === "own") {
    // Containers of a killed engine live on, and only an engine can end them in order.
    await removeObjects(await ensureEngine(() => undefined), {});
    await stopOwnEngine();
    return "removed, and the engine stopped";
  }
  if (!(await answers(choice.host))) {
    return `left: the engine at ${choice.host} does not answer; what has the label ${LABEL}=${checkout.id} there can go`;
  }
  await removeObjects(connect(choice), { label: [`${LABEL}=${checkout.id}`] });
  return "removed; the engine is left as it was found";
}

/**
 * Removes containers, networks and images. In an engine of the environment's own that is all of them: a network without the
 * label, such as one that compose made, would leave its bridge on the machine. In another engine it is what carries this
 * checkout's label, which the services' containers inherit from their image.
 */
async function removeObjects({ docker }: Engine, filters: { readonly label?: string[] }): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
  }
  for (const { Id, Name } of await docker.listNetworks({ filters })) {
    if (!["bridge", "host", "none"].includes(Name)) await docker.getNetwork(Id).remove();
  }
  const images = await docker.listImages({ filters });
  // The newest first: the services' image is built on the workstation's. By name, so that a person's own tag stays.
  for (const { Id, RepoTags } of images.sort((a, b) => b.Created - a.Created)) {
    const own = (RepoTags ?? []).filter((tag) => tag.startsWith(`${checkout.prefix}/`));
    for (const name of RepoTags?.length ? own : [Id]) await docker.getImage(name).remove();
  }
}

async function removeFolder(): Promise<string> {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${checkout.folder}/`));
  // What a killed engine left mounted would keep its folders from going.
  for (const path of mounts.reverse()) await command("umount", ["--lazy", path]);
  rmSync(checkout.folder, { recursive: true, force: true });
  return "removed";
}
