/** Differences that are made on the token's host: a container's, and a copy's. */
import { appendFile, chmod, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ContainerCreateOptions } from "dockerode";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { SERVICES } from "../environment/containers.ts";
import { currentTokenFile } from "../environment/token-file.ts";
import type { Consequence, DriftCase } from "./case.ts";

const [, , , , worker] = SERVICES;
if (worker === undefined) throw new Error("There are five services.");
const { container, service, target, uid } = worker;

const named = (what: string) => `token platform: container ${container}: ${what}`;
const GATE = "update platform-gate";

/** A container in the place of one that is gone for the engine, and what follows from another container. */
const CREATED_AGAIN = [
  `create platform/${service}-container`,
  ...["create-replacement", "delete-replaced", "replace"].map((op) => `${op} platform/${service}-verify`),
  GATE,
].sort();

/** What differs when a person removes the container and creates it again. */
interface Changes {
  readonly source?: string;
  readonly readOnly?: boolean;
  readonly sha256?: string;
}

async function createAgain(environment: DevEnvironment, changes: Changes): Promise<void> {
  const old = environment.docker.getContainer(container);
  const { Config, HostConfig, NetworkSettings } = await old.inspect();
  const [mount] = HostConfig.Mounts ?? [];
  if (mount === undefined) throw new Error(`${container} has no mount.`);
  const { source = mount.Source, readOnly = true, sha256 } = changes;
  const [network = ""] = Object.keys(NetworkSettings.Networks);
  await old.remove({ force: true });
  const made = await environment.docker.createContainer({
    ...(Config as unknown as ContainerCreateOptions),
    name: container,
    Labels: { ...Config.Labels, ...(sha256 === undefined ? {} : { "claude-fleet.sha256": sha256 }) },
    HostConfig: {
      ...HostConfig,
      NetworkMode: network,
      Mounts: [{ ...mount, Source: source, ReadOnly: readOnly, Target: target }],
    },
  });
  await made.start();
}

function remade(
  what: string,
  line: (environment: DevEnvironment) => Promise<readonly [Changes, string]>,
): DriftCase {
  return {
    what,
    make: async (environment) => {
      const [changes, difference] = await line(environment);
      await createAgain(environment, changes);
      return consequence(difference, CREATED_AGAIN);
    },
  };
}

function consequence(difference: string, repairs: readonly string[]): Consequence {
  return { named: [named(difference)], repairs, renewed: [`container ${service}`] };
}

/** @param former digest of the file before the current one, which the gate has passed too */
export function containerDrift(former: () => string): readonly DriftCase[] {
  const copies = ({ tokenFile }: DevEnvironment) => join(dirname(tokenFile), "auth.d");
  return [
    {
      what: "a container that was removed",
      make: async ({ docker }) => {
        await docker.getContainer(container).remove({ force: true });
        return consequence("is missing", CREATED_AGAIN);
      },
    },
    {
      what: "a container that was stopped",
      make: async ({ docker }) => {
        await docker.getContainer(container).stop();
        return consequence("does not run", [GATE, `update platform/${service}-container`].sort());
      },
    },
    remade("a container that mounts the candidate itself", ({ tokenFile }) =>
      Promise.resolve([{ source: tokenFile }, `mounts ${tokenFile} instead of the approved copy`]),
    ),
    remade("a container that may write the token", () =>
      Promise.resolve([{ readOnly: false }, "can write the approved copy: its mount is not read-only"]),
    ),
    remade("a container with an older token than the file", async (environment) => {
      const { sha256: current } = await currentTokenFile(environment);
      const older = former();
      const short = (digest: string) => digest.slice(0, 12);
      return [
        { source: join(copies(environment), `${older}.${uid}.json`), sha256: older },
        `has the token ${short(older)} instead of ${short(current)}`,
      ];
    }),
    spoiled("a copy of the token that others can read", "has the mode 0644 instead of 0600", (path) =>
      chmod(path, 0o644),
    ),
    spoiled("a copy of the token that was edited", "has been edited", (path) => appendFile(path, " ")),
    spoiled("a copy of the token that was removed", "is missing", (path) => rm(path)),
    {
      // The last one: the gate remembers no former file then.
      what: "a token's host on which nothing is left of the gate",
      make: async (environment) => {
        await rm(copies(environment), { recursive: true });
        return { named: ["token platform: the gate has passed no file here"], repairs: [GATE] };
      },
    },
  ];

  function spoiled(what: string, why: string, spoil: (path: string) => Promise<void>): DriftCase {
    return {
      what,
      make: async (environment) => {
        const { sha256 } = await currentTokenFile(environment);
        await spoil(join(copies(environment), `${sha256}.${uid}.json`));
        return {
          named: [`token platform: approved copy ${sha256.slice(0, 12)} for uid ${uid}: ${why}`],
          repairs: [GATE],
        };
      },
    };
  }
}
