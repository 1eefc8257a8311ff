/** What only the system's package manager can bring: said, then installed where that is possible, else asked for. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExpectedError } from "../lib/expected-error.ts";
import { command } from "../lib/process.ts";
import { findProgram } from "./find-program.ts";
import type { Say } from "../lib/say.ts";

/** A program that is needed, and why, as the end of the sentence "is needed to …". */
export interface Need {
  readonly program: string;
  readonly why: string;
}

/** Debian's and Ubuntu's package of each program that the dev environment may need. */
const PACKAGES: Readonly<Record<string, string>> = {
  dockerd: "docker.io",
  docker: "docker.io",
  debootstrap: "debootstrap",
  pip3: "python3-pip",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  ip: "iproute2",
  flock: "util-linux",
  promtool: "prometheus",
  amtool: "prometheus-alertmanager",
  newuidmap: "uidmap",
};

/** What stands between the needs and the work: nothing, packages to install, or a person's turn. */
export type PackagePlan =
  | { readonly kind: "nothing" }
  | { readonly kind: "install"; readonly packages: readonly string[]; readonly why: readonly string[] }
  | { readonly kind: "ask"; readonly command: string; readonly why: readonly string[] };

/** The machine, as far as packages are concerned. */
export interface Machine {
  readonly has: (program: string) => boolean;
  /** `ID` and `ID_LIKE` of /etc/os-release. */
  readonly systems: readonly string[];
  readonly root: boolean;
}

/** Decides what to do about the programs that are missing. */
export function planPackages(needs: readonly Need[], machine: Machine): PackagePlan {
  const missing = needs.filter((need) => !machine.has(need.program));
  if (missing.length === 0) return { kind: "nothing" };
  const packages = [...new Set(missing.map(({ program }) => PACKAGES[program] ?? program))].sort();
  // Ubuntu's debootstrap does not bring Debian's keys, and the images are Debian.
  if (packages.includes("debootstrap")) packages.push("debian-archive-keyring");
  const why = missing.map((need) => `${need.program} is needed to ${need.why}`);
  const debian = machine.systems.some((system) => system === "debian" || system === "ubuntu");
  if (debian && machine.root) return { kind: "install", packages, why };
  const install = debian
    ? `sudo apt-get install ${packages.join(" ")}`
    : `your package manager: ${packages.join(" ")} (Debian's names)`;
  return { kind: "ask", command: install, why };
}

/** This machine. */
function thisMachine(): Machine {
  // A system without this file is not Debian or Ubuntu, which is all that is asked of it.
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const systems = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, ids = ""]) =>
    ids.split(" "),
  );
  return {
    has: (program) => findProgram(program) !== undefined,
    systems,
    root: process.getuid?.() === 0,
  };
}

/**
 * Makes sure that the programs are there.
 * @throws {ExpectedError} naming the command to run, before anything was changed, where they cannot be installed
 */
export async function ensurePrograms(needs: readonly Need[], say: Say): Promise<string> {
  const plan = planPackages(needs, thisMachine());
  if (plan.kind === "nothing") return "all there";
  if (plan.kind === "ask") {
    throw new ExpectedError(
      `${plan.why.join("; ")}. Install what is missing with: ${plan.command}; then run this again.`,
    );
  }
  say(`installs ${plan.packages.join(", ")}: ${plan.why.join("; ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await command("apt-get", ["update", "-q"], { env, say });
  const packages = [...plan.packages];
  // Debian 13 has split the client off docker.io.
  if (packages.includes("docker.io") && (await packageExists("docker-cli"))) packages.push("docker-cli");
  const quiet = await withoutServices();
  try {
    const options = ["-y", "-q", "--no-install-recommends", "-o", `DPkg::Path=${quiet}:${DPKG_PATH}`];
    await command("apt-get", ["install", ...options, ...packages], { env, say });
  } finally {
    await rm(quiet, { recursive: true });
  }
  return `installed ${packages.join(", ")}`;
}

/** The PATH that apt gives to the scripts of packages by default. Source: apt.conf(5), `DPkg::Path` */
const DPKG_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** By what a package's scripts enable and start the service that it brings. Source: deb-systemd-helper(1p), invoke-rc.d(8) */
const STARTERS = ["deb-systemd-helper", "deb-systemd-invoke", "invoke-rc.d", "update-rc.d"];

/**
 * A folder of commands of these names that do nothing. The programs are wanted, not the daemons that would listen on this
 * machine from now on: the environment starts its own, on its own ports.
 */
async function withoutServices(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-no-services-"));
  for (const name of STARTERS) await writeFile(join(folder, name), "#!/bin/sh\n", { mode: 0o755 });
  return folder;
}

async function packageExists(name: string): Promise<boolean> {
  return (await command("apt-cache", ["search", "--names-only", `^${name}$`])).trim() !== "";
}
