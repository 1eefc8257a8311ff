/** What keeps a container's user from reading an approved copy is reported before a rollout. */
import { describe, expect, test } from "vitest";
import { readerComplaints, type Readers } from "../../../../host/token/copy-readers.ts";

const service = { name: "backend", container: "backend-1", target: "/auth.json", uid: 1000 };
const folder = "/srv/auth.d";
const plain = { mapsUsers: false, selinux: false, ownerUid: undefined };

function found(changes: Partial<Readers> = {}): readonly string[] {
  return readerComplaints({
    services: [service],
    uids: new Map([["backend-1", 1000]]),
    security: plain,
    label: undefined,
    folder,
    makerUid: 0,
    ...changes,
  });
}

describe("a container's user", () => {
  test.each<[string, Partial<Readers>]>([
    ["with the uid of the settings", {}],
    ["that is root, and may become another user later", { uids: new Map([["backend-1", 0]]) }],
    ["whose container does not run", { uids: new Map() }],
    [
      "whose mapped uid is in the settings",
      {
        services: [{ ...service, uid: 101_000 }],
        uids: new Map(),
        security: { ...plain, mapsUsers: true },
      },
    ],
    [
      "that SELinux's label lets read",
      { security: { ...plain, selinux: true }, label: "system_u:object_r:container_file_t:s0" },
    ],
  ])("%s causes no complaint", (_, changes) => {
    expect(found(changes)).toEqual([]);
  });

  test("with another uid than the settings say is reported with the uid to write", () => {
    expect(found({ uids: new Map([["backend-1", 101_000]]) })).toEqual([
      "backend-1 runs as uid 101000 of this host, and could not read a token that belongs to uid 1000; write `uid: 101000` for the service backend.",
    ]);
  });

  test("is asked for when the engine maps users and the container does not run", () => {
    expect(found({ uids: new Map(), security: { ...plain, mapsUsers: true } })).toEqual([
      "The engine maps its containers' users (user namespaces or rootless): `uid` of backend must be the number that this host gives to the container's user.",
    ]);
  });

  describe("of an engine that runs without root", () => {
    const rootless = { ...plain, mapsUsers: true, ownerUid: 1007 };

    test("may be its owner, who creates the copies", () => {
      const services = [{ ...service, uid: 1007 }];
      expect(found({ services, uids: new Map(), security: rootless, makerUid: 1007 })).toEqual([]);
    });

    test("could neither enter root's folder nor read a copy of another user", () => {
      expect(found({ uids: new Map(), security: rootless })).toEqual([
        "The engine runs without root, as uid 1007, and could not mount copies in /srv/auth.d, which only uid 0 can enter. Use the engine's own login in `ssh` for this token's host, and leave `become` out.",
        "The engine runs without root, as uid 1007, who cannot create a copy for another user; write `uid: 1007` for backend, whose user must be root inside the container.",
      ]);
    });
  });

  test("is reported with the commands when SELinux's label forbids the reading", () => {
    expect(
      found({
        security: { ...plain, selinux: true },
        label: "unconfined_u:object_r:user_home_t:s0",
      }),
    ).toEqual([
      "SELinux labels /srv/auth.d unconfined_u:object_r:user_home_t:s0, which containers may not read. Run `semanage fcontext -a -t container_file_t '/srv/auth.d(/.*)?'`, then `restorecon -R /srv/auth.d`.",
    ]);
  });
});
