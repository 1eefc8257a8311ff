/** How paths and mounts are read as a container sees them. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mountOptions, resolveInside } from "../../../../host/rollout/container-mounts.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

describe("inside a container", () => {
  test("links are resolved below the container's root, never below the host's", async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, "data/config"), { recursive: true });
    await mkdir(join(root, "home"));
    await writeFile(join(root, "data/config/auth.json"), "");
    await symlink("/data", join(root, "home/runner"));
    await symlink("../../data/config", join(root, "data/again"));
    expect(await resolveInside(root, "/home/runner/config/auth.json")).toBe("/data/config/auth.json");
    expect(await resolveInside(root, "/home/runner/again/auth.json")).toBe("/data/config/auth.json");
    await symlink("loop", join(root, "loop"));
    await expect(resolveInside(root, "/loop")).rejects.toThrow("too many links");
    await expect(resolveInside(root, "/etc/passwd")).rejects.toThrow("ENOENT");
  });

  test("the topmost mount at exactly the target gives the options", () => {
    const info = [
      "10 1 0:1 / / rw,relatime - overlay overlay rw",

      "11 10 8:1 /a /data/auth.json rw,relatime - ext4 /dev/sda1 rw",

      "12 10 8:1 /b /data/auth.json ro,relatime - ext4 /dev/sda1 rw",

      "13 10 8:1 /c /with\\040space ro - ext4 /dev/sda1 rw",
    ].join("\n");
    expect(mountOptions(info, "/data/auth.json")).toEqual(["ro", "relatime"]);
    expect(mountOptions(info, "/with space")).toEqual(["ro"]);
    expect(mountOptions(info, "/data")).toBeUndefined();
  });
});
