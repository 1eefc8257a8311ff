/** What keeps a container's user from reading the copy is said before anything is rolled out. */
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
    ["who is the one of the settings", {}],
    ["who is root, and may go on as another", { uids: new Map([["backend-1", 0]]) }],
    ["whose container does not run", { uids: new Map() }],
    [
      "whose mapped number is in the settings",
      {
        services: [{ ...service, uid: 101_000 }],
        uids: new Map(),
        security: { ...plain, mapsUsers: true },
      },
    ],
    [
      "who may read by SELinux's label",
      { security: { ...plain, selinux: true }, label: "system_u:object_r:container_file_t:s0" },
    ],
  ])("%s is fine", (_, changes) => {
    expect(found(changes)).toEqual([]);
  });

  test("who is another one is named with the number to write, mapped or not", () => {
    expect(found({ uids: new Map([["backend-1", 101_000]]) })).toEqual([
      "backend-1 runs as uid 101000 of this host, and could not read a token that belongs to uid 1000; write `uid: 101000` for the service backend.",
    ]);
  });

  test("who is mapped by the engine and not running yet is asked for", () => {
    expect(found({ uids: new Map(), security: { ...plain, mapsUsers: true } })).toEqual([
      "The engine maps its containers' users (user namespaces or rootless): `uid` of backend must be the number that this host gives to the container's user.",
    ]);
  });

  describe("of an engine that runs without root", () => {
    const rootless = { ...plain, mapsUsers: true, ownerUid: 1007 };

    test("is its owner, where it is root inside and its owner makes the copies", () => {
      const services = [{ ...service, uid: 1007 }];
      expect(found({ services, uids: new Map(), security: rootless, makerUid: 1007 })).toEqual([]);
    });

    test("could not get at what root has made, nor read what is somebody else's", () => {
      expect(found({ uids: new Map(), security: rootless })).toEqual([
        "The engine runs without root, as uid 1007, and could not mount copies in /srv/auth.d, which only uid 0 can enter; use the engine's own login in `ssh` for this token's host, and leave `become` out.",
        "The engine runs without root, as uid 1007, who cannot create a copy for another user; write `uid: 1007` for backend, whose user must be root inside the container.",
      ]);
    });
  });

  test("who may not read by SELinux's label is said, with the commands", () => {
    expect(
      found({
        security: { ...plain, selinux: true },
        label: "unconfined_u:object_r:user_home_t:s0",
      }),
    ).toEqual([
      "SELinux labels /srv/auth.d unconfined_u:object_r:user_home_t:s0, which containers may not read; `semanage fcontext -a -t container_file_t '/srv/auth.d(/.*)?'`, then `restorecon -R /srv/auth.d`.",
    ]);
  });
});
