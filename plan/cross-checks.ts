/** Checks what no entry can know alone: things that two entries may not share. */
import { posix } from "node:path";
import type { Entries } from "./entries.ts";
import type { Path, ProblemList } from "./problems.ts";
import type { HostEntry, UserEntry, WorkstationEntry } from "./schema/roster.ts";
import type { ComposeServiceEntry, ServiceEntry } from "./schema/service.ts";
import type { TokenEntry } from "./schema/settings.ts";
import { nameInVault } from "./vault/names.ts";

/**
 * What two entries for the same host have in common: its name and port, whoever signs in. Aliases of ssh_config
 * are taken for what they say; the host's machine id is compared once it has answered.
 */
export function hostKey(host: Pick<HostEntry, "ssh" | "local">): string {
  if (host.ssh === undefined) return "local";
  const bare = host.ssh.replace(/^ssh:\/\//, "").replace(/^[^@]*@/, "");
  return bare.replace(/:22$/, "").toLowerCase();
}

/** Remembers who was first, and complains about the second. */
class Taken {
  private readonly first = new Map<string, Path>();

  constructor(private readonly problems: ProblemList) {}

  claim(key: string, path: Path, what: string, value: unknown, remedy: string): void {
    const earlier = this.first.get(key);
    if (earlier === undefined) this.first.set(key, path);
    else this.problems.add(path, { message: `${what} ${earlier.join(".")}`, remedy, value });
  }
}

/** Two workstations may not be the same host: each apply would retire the other's users. */
export function checkWorkstations(workstations: Entries<WorkstationEntry>, problems: ProblemList): void {
  const hosts = new Taken(problems);
  for (const { name, value } of workstations) {
    if (value === undefined) continue;
    const path = ["workstations", name, value.ssh === undefined ? "local" : "ssh"];
    const remedy = "Keep one entry, and put the users of both there.";
    hosts.claim(hostKey(value), path, "is the same host as", value.ssh ?? true, remedy);
  }
}

/** By each name Vault knows one user: a token that bears it would open somebody else's backups otherwise. */
export function checkUsers(users: Entries<UserEntry>, problems: ProblemList): void {
  const known = new Taken(problems);
  for (const { name } of users) known.claim(name, ["users", name], "", name, "");
  for (const { name, value } of users) {
    if (value?.formerly === undefined) continue;
    const remedy =
      "Name the account's own former name; a name that had another owner is not free for somebody new.";
    known.claim(value.formerly, ["users", name, "formerly"], "is the name of", value.formerly, remedy);
  }
}

/** Nobody who is renewed may be without a backup. */
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

/** Token files, containers and ports belong to one entry a host. */
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

/** With a compose file there is nothing to check: it says what its containers publish and mount. */
function describesContainer(service: ServiceEntry | ComposeServiceEntry): service is ServiceEntry {
  return "image" in service;
}

/** Where the engine maps users, a container's are numbers from subuid(5) on the host, far above everybody else's. */
const FIRST_MAPPED_UID = 65_536;

/** The copy belongs to `uid` and is 0600, so a container that runs as another user could not read it. */
function checkReader({ user, uid }: ServiceEntry, at: Path, problems: ProblemList): void {
  const [, number] = /^(\d+)(?::|$)/.exec(user ?? "") ?? [];
  const mapped = uid >= FIRST_MAPPED_UID;
  if (number === undefined || Number(number) === 0 || Number(number) === uid || mapped) return;
  problems.add([...at, "uid"], {
    message: `is not the user that the container runs as, ${number}, which could not read the token`,
    remedy: `Write uid: ${number}, or where the engine maps users the number that the host gives to that one.`,
    value: uid,
  });
}

/** Nothing of a service's own may lie over the token, or bring its candidate in past the gate. */
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
        message: "would bring the token in past the gate",
        remedy: "Remove this mount: the token is mounted at the service's own target.",
        value: mount.source,
      });
    }
  }
}
