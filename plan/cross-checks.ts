/** Checks what two entries may not share, such as a host, a name or a port. */
import { posix } from "node:path";
import type { Entries } from "./entries.ts";
import { pathText, type Path, type ProblemList } from "./problems.ts";
import type { HostEntry, UserEntry, WorkstationEntry } from "./schema/roster.ts";
import type { ComposeServiceEntry, ServiceEntry } from "./schema/service-settings.ts";
import type { TokenEntry } from "./schema/stack-settings.ts";
import { nameInVault } from "./vault/names.ts";

/**
 * Returns what two entries for one host have in common: its name and port, with any login. An alias of ssh_config counts
 * as a name. Two names of one host are found later, by the machine id that the host reports.
 */
function hostKey(host: Pick<HostEntry, "ssh" | "local">): string {
  if (host.ssh === undefined) return "local";
  const bare = host.ssh.replace(/^ssh:\/\//, "").replace(/^[^@]*@/, "");
  return bare.replace(/:22$/, "").toLowerCase();
}

/** Remembers the first entry that claims a thing, and adds a problem for each later entry. */
class Taken {
  private readonly first = new Map<string, Path>();

  constructor(private readonly problems: ProblemList) {}

  claim(key: string, path: Path, what: string, value: unknown, remedy: string): void {
    const earlier = this.first.get(key);
    if (earlier === undefined) this.first.set(key, path);
    else this.problems.add(path, { message: `${what} ${pathText(earlier)}`, remedy, value });
  }
}

/** Refuses two workstations that are one host: each apply would unenrol the users of the other. */
export function checkWorkstations(workstations: Entries<WorkstationEntry>, problems: ProblemList): void {
  const hosts = new Taken(problems);
  for (const { name, value } of workstations) {
    if (value === undefined) continue;
    const path = ["workstations", name, value.ssh === undefined ? "local" : "ssh"];
    const remedy = "Keep one entry, and put the users of both there.";
    hosts.claim(hostKey(value), path, "is the same host as", value.ssh ?? true, remedy);
  }
}

/** Refuses a name that Vault would know two users by: the token of one user would open the backups of the other. */
export function checkUsers(users: Entries<UserEntry>, problems: ProblemList): void {
  const known = new Taken(problems);
  for (const { name } of users) known.claim(name, ["users", name], "", name, "");
  for (const { name, value } of users) {
    if (value?.formerly === undefined) continue;
    const remedy =
      "Name the former name of this account. A name that belonged to another user cannot be reused.";
    known.claim(value.formerly, ["users", name, "formerly"], "is the name of", value.formerly, remedy);
  }
}

/** Refuses to destroy the backups of a user who is renewed. */
export function checkPurges(
  names: readonly string[],
  users: Entries<UserEntry>,
  problems: ProblemList,
): void {
  const taken = new Taken(problems);
  for (const [index, name] of names.entries()) {
    const path = ["renewal", "purgeBackupsOf", index];
    taken.claim(name, path, "is the same user as", name, "Name each user once.");
    const renewed = users.find(
      (user) =>
        user.value?.renewal === true &&
        nameInVault({ name: user.name, formerly: user.value.formerly }) === name,
    );
    if (renewed === undefined) continue;
    problems.add(path, {
      message: `is renewed: the roster has users.${renewed.name}`,
      remedy: "Take the user out of the roster first, or out of this list.",
      value: name,
    });
  }
}

/** Refuses two entries with one token file, container or port on one host. */
export function checkTokens(tokens: Entries<TokenEntry>, problems: ProblemList): void {
  const files = new Taken(problems);
  const containers = new Taken(problems);
  const ports = new Taken(problems);
  for (const { name, value } of tokens) {
    if (value === undefined) continue;
    const path = ["tokens", name];
    const host = hostKey(value.host);
    const shared = "Put the services of both under one token.";
    files.claim(`${host}\n${value.file}`, [...path, "file"], "is the same file as", value.file, shared);
    const names = new Taken(problems);
    for (const [index, service] of value.services.entries()) {
      const at = [...path, "services", index];
      names.claim(service.name, [...at, "name"], "is the same name as", service.name, "Use another name.");
      containers.claim(
        `${host}\n${service.container}`,
        [...at, "container"],
        "is the same container as",
        service.container,
        "Use another name: a container belongs to one service.",
      );
      if (!describesContainer(service)) continue;
      checkReader(service, at, problems);
      for (const [number, port] of service.ports.entries()) {
        const key = `${host}\n${port.ip}\n${port.protocol}\n${port.external}`;
        const where = [...at, "ports", number, "external"];
        ports.claim(key, where, "is the same port as", port.external, "Publish it on another port.");
      }
      checkMounts(service, value.file, at, problems);
    }
  }
}

/** Returns whether the entry describes its container. With a compose file, the file says what containers publish and mount. */
function describesContainer(service: ServiceEntry | ComposeServiceEntry): service is ServiceEntry {
  return "image" in service;
}

/** Where the engine maps users, a container's users have numbers from subuid(5) on the host, above all accounts. */
const FIRST_MAPPED_UID = 65_536;

/** Refuses a container that runs as another user than `uid`. It could not read the copy, which is 0600 and belongs to `uid`. */
function checkReader({ user, uid }: ServiceEntry, at: Path, problems: ProblemList): void {
  const [, number] = /^(\d+)(?::|$)/.exec(user ?? "") ?? [];
  const mapped = uid >= FIRST_MAPPED_UID;
  if (number === undefined || Number(number) === 0 || Number(number) === uid || mapped) return;
  problems.add([...at, "uid"], {
    message: `is not the user that the container runs as, ${number}, which could not read the token`,
    remedy: `Write uid: ${number}. Where the engine maps users, write the host's number for that user.`,
    value: uid,
  });
}

/** Refuses a mount that hides the token, or that brings an unapproved candidate into the container. */
function checkMounts(service: ServiceEntry, file: string, at: Path, problems: ProblemList): void {
  const targets = new Taken(problems);
  targets.claim(service.target, [...at, "target"], "", service.target, "");
  const copies = posix.join(posix.dirname(file), "auth.d");
  for (const [index, mount] of service.mounts.entries()) {
    const path = [...at, "mounts", index];
    targets.claim(
      mount.target,
      [...path, "target"],
      "is the same target as",
      mount.target,
      "Use another target.",
    );
    if (mount.source === file || mount.source === copies || mount.source.startsWith(`${copies}/`)) {
      problems.add([...path, "source"], {
        message: "would bring the token into the container without the gate",
        remedy: "Remove this mount: the token is mounted at the service's own target.",
        value: mount.source,
      });
    }
  }
}
