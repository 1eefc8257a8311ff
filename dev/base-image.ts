/** The Debian that the workstation and the services' image are made of: built by debootstrap, kept in the cache. */
import { existsSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExpectedError } from "../lib/expected-error.ts";
import { cached, cacheFolder, contentKey } from "../lib/cache.ts";
import { command } from "../lib/process.ts";
import type { Say } from "../lib/say.ts";

const KIND = "base-image";
const SUITE = "bookworm";

/** What a shared workstation has and little else. `libnss-extrausers` is its second source of accounts. */
const PACKAGES = [
  "ca-certificates",
  "dbus",
  "iproute2",
  "libnss-extrausers",
  "libpam-systemd",
  "libstdc++6",
  "openssh-server",
  "polkitd",
  "procps",
  "sudo",
  "systemd",
  "systemd-sysv",
];

/** Units that have nothing to do in a container, or would reach for a network that may not be there. */
const MASKED = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "console-getty.service",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "getty.target",
  "systemd-firstboot.service",
  "systemd-resolved.service",
  "systemd-timesyncd.service",
];

/** Left out of the image, because nothing reads them there. */
const EXCLUDED = [
  "./dev/*",
  "./proc/*",
  "./sys/*",
  "./var/cache/apt/*",
  "./var/lib/apt/lists/*",
  "./usr/share/doc/*",
  "./usr/share/man/*",
  "./usr/share/locale/*",
  "./etc/ssh/ssh_host_*",
];

/** Key of what the image is made from; part of the image's tag. */
export const baseImageKey = contentKey(SUITE, process.arch, PACKAGES, MASKED, EXCLUDED, 2);

/** Whether the archive must still be built, for which debootstrap is needed. */
export const baseImageMissing = () => !existsSync(join(cacheFolder(), KIND, baseImageKey));

/** @returns absolute path of the image's root filesystem as a tar archive; built in one to two minutes when missing */
export async function baseImageArchive(say: Say): Promise<string> {
  const folder = await cached(KIND, baseImageKey, say, async (target) => {
    if (process.getuid?.() !== 0) {
      throw new ExpectedError(
        "Building the workstation's image with debootstrap needs root: run this once as root.",
      );
    }
    const root = join(target, "root");
    await mkdir(root);
    const include = `--include=${PACKAGES.join(",")}`;
    // In a mount namespace of its own, so that a killed debootstrap leaves no /proc mounted in the cache.
    const debootstrap = ["--mount", "debootstrap", "--variant=minbase", include, SUITE, root];
    await command("unshare", debootstrap, { say: (line) => say(line.replace(/^I: /, "debootstrap: ")) });
    say("packs the archive");
    // Empty, and no copy of it for D-Bus: each container is then a machine of its own, with an id that it draws.
    await writeFile(join(root, "etc/machine-id"), "");
    await rm(join(root, "var/lib/dbus/machine-id"), { force: true });
    for (const unit of MASKED) await symlink("/dev/null", join(root, "etc/systemd/system", unit));
    const excluded = EXCLUDED.map((pattern) => `--exclude=${pattern}`);
    await command("tar", ["-C", root, ...excluded, "-c", "-f", join(target, "base.tar"), "."]);
    await rm(root, { recursive: true });
  });
  return join(folder, "base.tar");
}
