/** Decides whether the containers' users can read their approved copies: user ids, mapped ids, SELinux labels. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { runProcess } from "../../lib/run-process.ts";
import type { ObservedService } from "../../contract/token-file.ts";
import { copiesFolder } from "./approved-copies.ts";
import type { ContainerState, EngineSecurity } from "../docker.ts";
import { plainText } from "../../lib/printable.ts";

/** Holds what was observed of the readers. */
export interface Readers {
  readonly services: readonly ObservedService[];
  /** The user of each running container's first process, in the host's numbers, by container. */
  readonly uids: ReadonlyMap<string, number>;
  readonly security: EngineSecurity;
  /** The SELinux label of the copies' folder; undefined where there is none. */
  readonly label: string | undefined;
  /** The copies' folder. */
  readonly folder: string;
  /** The user who creates the copies: that of this process. */
  readonly makerUid: number;
}

/** Returns what keeps containers from reading their copies, one sentence each. Pure. */
export function readerComplaints(readers: Readers): readonly string[] {
  const { services, uids, security, label, folder } = readers;
  const found = [...rootlessComplaints(readers)];
  for (const { name, container, uid } of services) {
    const seen = uids.get(container);
    // Root reads everything, and may become another user later.
    if (seen === undefined || seen === 0 || seen === uid) continue;
    found.push(
      `${container} runs as uid ${seen} of this host, and could not read a token that belongs to uid ${uid}; write \`uid: ${seen}\` for the service ${name}.`,
    );
  }
  const unmapped = services.filter(({ container, uid }) => !uids.has(container) && uid < FIRST_MAPPED_UID);
  if (security.mapsUsers && security.ownerUid === undefined && unmapped.length > 0) {
    const names = unmapped.map(({ name }) => name).join(", ");
    found.push(
      `The engine maps its containers' users (user namespaces or rootless): \`uid\` of ${names} must be the number that this host gives to the container's user.`,
    );
  }
  if (
    security.selinux &&
    label !== undefined &&
    !/:(?:container_file_t|svirt_sandbox_file_t|container_ro_file_t)(?::|$)/.test(label)
  ) {
    found.push(
      `SELinux labels ${folder} ${label}, which containers may not read. Run \`semanage fcontext -a -t container_file_t '${folder}(/.*)?'\`, then \`restorecon -R ${folder}\`.`,
    );
  }
  return found;
}

/** Complaints about an engine without root: it mounts what its owner can reach, and its owner can create files of the own uid alone. */
function rootlessComplaints({ services, security, folder, makerUid }: Readers): readonly string[] {
  const { ownerUid } = security;
  if (ownerUid === undefined) return [];
  const found: string[] = [];
  if (makerUid !== ownerUid) {
    found.push(
      `The engine runs without root, as uid ${ownerUid}, and could not mount copies in ${folder}, which only uid ${makerUid} can enter. Use the engine's own login in \`ssh\` for this token's host, and leave \`become\` out.`,
    );
  }
  const others = services.filter(({ uid }) => uid !== ownerUid).map(({ name }) => name);
  if (others.length > 0) {
    found.push(
      `The engine runs without root, as uid ${ownerUid}, who cannot create a copy for another user; write \`uid: ${ownerUid}\` for ${others.join(", ")}, whose user must be root inside the container.`,
    );
  }
  return found;
}

/** The lowest subordinate id: far above the ids of people and services; see subuid(5). */
const FIRST_MAPPED_UID = 65_536;

/** Observes the readers on this host. Never throws: what cannot be observed causes no complaint. */
export async function observeReaders(
  file: string,
  services: readonly ObservedService[],
  containers: readonly ContainerState[],
  security: EngineSecurity,
): Promise<Readers> {
  const uids = await Promise.all(
    containers.map(async ({ name, pid }) => [name, pid === 0 ? undefined : await uidOf(pid)] as const),
  );
  const folder = copiesFolder(file);
  return {
    services,
    uids: new Map(uids.flatMap(([name, uid]) => (uid === undefined ? [] : [[name, uid] as const]))),
    security,
    label: security.selinux ? ((await labelOf(folder)) ?? (await labelOf(dirname(folder)))) : undefined,
    folder,
    makerUid: process.getuid?.() ?? 0,
  };
}

async function uidOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const [, effective] = /^Uid:\s+\d+\s+(\d+)/m.exec(status) ?? [];
  return effective === undefined ? undefined : Number(effective);
}

async function labelOf(path: string): Promise<string | undefined> {
  const end = await runProcess("stat", ["--format", "%C", "--", path], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" },
    deadlineMs: 10_000,
    maxOutputBytes: 10_000,
  });
  const label = plainText(end.stdout, 200).trim();
  return end.code === 0 && label.includes(":") ? label : undefined;
}
