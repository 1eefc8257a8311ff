/** A second workstation beside the environment's own, as another site has it: a login that is not root, and `sudo -n`. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { PEOPLE } from "../../../dev/people.ts";
import { programLinks } from "../../../dev/workstation.ts";
import {
  LAB,
  LAB_CONTAINER,
  likeWorkstation,
  openToLogin,
  removeHost,
  rootIn,
  type SecondHost,
} from "./second-host.ts";

/** Entry of a roster. */
export const LAB_ENTRY = {
  ssh: LAB,
  become: "sudo -n",
  vaultAddress: "https://vault.dev.internal:8200",
};

/**
 * Boots one from the image and the settings of the first: the same authorities, a machine id and host key of its own.
 * @param links what puts programs on its users' PATH; the same programs when undefined
 */
export async function bootSecondWorkstation(
  environment: DevEnvironment,
  links: string = programLinks,
): Promise<SecondHost> {
  await removeHost(environment);
  const like = await likeWorkstation(environment, []);
  const container = await environment.docker.createContainer({
    ...like,
    StopSignal: "SIGRTMIN+3",
  });
  await container.start();
  const run = rootIn(environment, LAB_CONTAINER);
  for (let tries = 0; !/^(?:running|degraded)/.test(await state(run)); tries++) {
    if (tries > 300) throw new Error(`${LAB_CONTAINER} does not boot.`);
    await sleep(200);
  }
  const authorities = await rootIn(
    environment,
    environment.workstationContainer,
  )("tar -C /usr/local/share/ca-certificates -c . | base64 -w0");
  await run(
    "base64 -d | tar -C /usr/local/share/ca-certificates -x && update-ca-certificates >/dev/null 2>&1",
    authorities,
  );
  const people = PEOPLE.map(
    ({ user, uid }) => `useradd --badname --create-home --shell /bin/bash --uid ${uid} ${user}`,
  );
  await run([...people, links].join("\n"));
  // It has tried, and given up, for want of keys.
  return openToLogin(environment, "systemctl reset-failed ssh.service && systemctl restart ssh.service");
}

const state = (run: (shell: string) => Promise<string>) =>
  run("systemctl is-system-running || true").catch(() => "");
