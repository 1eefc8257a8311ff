/** The dev environment's workstation: a container in which systemd is PID 1 and sshd answers. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { ExpectedError } from "../lib/expected-error.ts";
import { start } from "../lib/process.ts";
import { ANTHROPIC_HOSTS } from "./stand-ins/anthropic/hosts.ts";
import {
  CLAUDE_KIND,
  DEFAULT_CLAUDE_VERSION,
  NODE_VERSION,
  type NodeVersion,
  platformKey,
} from "./pinned-programs.ts";
import { cacheFolder, contentKey } from "../lib/cache.ts";
import { NODE_KIND } from "../lib/node-binary.ts";
import { checkout, LABEL } from "./checkout.ts";
import type { Engine } from "./engine.ts";
import { workstationImage } from "./images.ts";
import { networkName } from "./network.ts";
import type { Say } from "../lib/say.ts";
import { onWorkstation, WORKSTATION } from "./ssh.ts";
import { VAULT_HOST } from "./vault.ts";
import { stageWorkstationFiles, type WorkstationParts } from "./workstation-files.ts";

/** Name of the container. */
export const containerName = `${checkout.prefix}-${WORKSTATION}`;

/** Label that says what the container was made from. Another value means that the container is replaced. */
const SPEC_LABEL = `${LABEL}.spec`;

/**
 * Makes sure that the workstation runs and answers by ssh. The container is kept: a restart of it, of the engine or
 * of the machine loses nothing below /home, /etc and /var.
 */
export async function ensureWorkstation(engine: Engine, parts: WorkstationParts, say: Say): Promise<string> {
  const existing = await inspect(engine.docker);
  const { CgroupVersion: cgroups } = (await engine.docker.info()) as { CgroupVersion?: string };
  const spec = containerSpec(parts, cgroups === "2" ? 2 : 1);
  if (existing?.Config.Labels[SPEC_LABEL] === spec.Labels[SPEC_LABEL]) {
    if (await boots(engine.docker, say)) return existing.State.Running ? "already there" : "started again";
  } else if (existing) {
    say("is replaced: what it is made from has changed");
  }
  const failures: string[] = [];
  // With few rights first. Engines differ in what a container may do to its cgroups, so it is tried, not guessed.
  for (const privileged of [false, true]) {
    await remove(engine.docker);
    say(privileged ? "boots, with --privileged" : "boots");
    try {
      await create(engine.docker, spec, privileged, parts);
      if (await boots(engine.docker, say)) return "booted";
      failures.push(`systemd did not come up within ${BOOT_SECONDS} s`);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new ExpectedError(
    `The workstation does not boot; "docker logs ${containerName}" may say why. Without --privileged: ${failures[0]}; with it: ${failures[1]}.`,
  );
}

/** Seconds that systemd and sshd may take on a busy machine; one or two are usual. */
const BOOT_SECONDS = 60;

function containerSpec({ ports, gateway, authorities, keys }: WorkstationParts, cgroups: 1 | 2) {
  const mounts = {
    [join(cacheFolder(), NODE_KIND)]: "/opt/node",
    [join(cacheFolder(), CLAUDE_KIND)]: "/opt/claude-code",
  };
  const options = {
    name: containerName,
    Image: workstationImage,
    Hostname: WORKSTATION,
    // LoadCredential= needs shared mount propagation. On cgroups 2 the container has a tree of its own, mounted
    // read-only; on cgroups 1 systemd writes into the machine's, below the container's own group.
    Cmd: [
      "/bin/sh",
      "-c",
      `${cgroups === 2 ? "mount -o remount,rw /sys/fs/cgroup && " : ""}mount --make-rshared / && exec /lib/systemd/systemd`,
    ],
    Env: ["container=docker"],
    StopSignal: "SIGRTMIN+3",
    ExposedPorts: { "22/tcp": {} },
    HostConfig: {
      NetworkMode: networkName,
      PortBindings: { "22/tcp": [{ HostIp: "127.0.0.1", HostPort: String(ports.ssh) }] },
      ExtraHosts: [...ANTHROPIC_HOSTS, VAULT_HOST].map((host) => `${host}:${gateway}`),
      CapAdd: ["SYS_ADMIN", "NET_ADMIN"],
      SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
      CgroupnsMode: cgroups === 2 ? ("private" as const) : ("host" as const),
      Tmpfs: { "/run": "", "/run/lock": "", "/tmp": "exec" },
      Binds: [
        ...Object.entries(mounts).map(([source, target]) => `${source}:${target}:ro`),
        ...(cgroups === 2 ? [] : ["/sys/fs/cgroup:/sys/fs/cgroup:rw"]),
      ],
    },
  };
  const labels = {
    [LABEL]: checkout.id,
    [SPEC_LABEL]: contentKey(options, authorities, keys.hostPublicKey, 2),
  };
  return { ...options, Labels: labels };
}

async function create(
  docker: Docker,
  spec: ReturnType<typeof containerSpec>,
  privileged: boolean,
  parts: WorkstationParts,
): Promise<void> {
  const HostConfig = { ...spec.HostConfig, Privileged: privileged };
  const container = await docker.createContainer({ ...spec, HostConfig });
  const files = await stageWorkstationFiles(parts);
  const archive = start("tar", ["-C", files, "--owner=0", "--group=0", "-c", "-f", "-", "."], {
    env: process.env,
    stdio: ["ignore", "pipe", "inherit"],
    buffer: false,
  });
  await container.putArchive(archive.stdout, { path: "/" });
  rmSync(files, { recursive: true });
}

/** Starts the container and waits until systemd is done and ssh answers; false when that does not come to pass. */
async function boots(docker: Docker, say: Say): Promise<boolean> {
  for (const attempt of ["first", "second"]) {
    const container = docker.getContainer(containerName);
    if (!(await container.inspect()).State.Running) await container.start();
    if (!(await answersSsh(docker))) return false;
    // A bind mount holds on to a folder that was removed and made again, as by clearing the cache.
    const mounted = await onWorkstation(
      `test -x ${CLAUDE_PATH} && test -x ${nodePath(NODE_VERSION)} && echo yes || echo no`,
    );
    if (mounted.trim() === "yes") return true;
    if (attempt === "first") {
      say("is restarted: its programs' folders were created again");
      await container.restart({ t: 10 });
    }
  }
  return false;
}

const CLAUDE_PATH = `/opt/claude-code/${platformKey(DEFAULT_CLAUDE_VERSION)}/claude`;

async function answersSsh(docker: Docker): Promise<boolean> {
  for (const deadline = Date.now() + BOOT_SECONDS * 1000; Date.now() < deadline; await sleep(200)) {
    if (!(await docker.getContainer(containerName).inspect()).State.Running) return false;
    try {
      // `degraded` is an answer too: one failed unit is no reason to throw the machine away.
      const state = await onWorkstation("systemctl is-system-running --wait || true");
      if (["running", "degraded"].includes(state.trim())) return true;
    } catch (error) {
      // Not yet: sshd is not up, or refuses logins until the boot is done (pam_nologin).
      if (!(error instanceof ExpectedError)) throw error;
    }
  }
  return false;
}

async function inspect(docker: Docker): Promise<Docker.ContainerInspectInfo | undefined> {
  const found = await docker.listContainers({ all: true, filters: { name: [`^/${containerName}$`] } });
  return found[0] ? docker.getContainer(found[0].Id).inspect() : undefined;
}

async function remove(docker: Docker): Promise<void> {
  const existing = await inspect(docker);
  if (existing) await docker.getContainer(existing.Id).remove({ force: true, v: true });
}

/** A version of Node on the workstation, once it is in the cache. */
export const nodePath = (version: NodeVersion) => `/opt/node/${platformKey(version)}/bin/node`;

/** Puts the CLI on every user's PATH. */
export const claudeLink = `ln -sfn ${CLAUDE_PATH} /usr/local/bin/claude`;

/** Links that put the programs on every user's PATH; a test may point them elsewhere, or take them away. */
export const programLinks = `${claudeLink} && ln -sfn ${nodePath(NODE_VERSION)} /usr/local/bin/node`;
