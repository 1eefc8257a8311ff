import { describe, expect, it } from "vitest";
import { type Machine, planPackages } from "../../../dev/system-packages.ts";

const needs = [
  { program: "dockerd", why: "run the containers" },
  { program: "docker", why: "look into the containers" },
  { program: "debootstrap", why: "build the workstation's image" },
  { program: "ssh", why: "reach the workstation" },
];

const machine = (changes: Partial<Machine>): Machine => ({
  has: (program) => program === "ssh",
  systems: ["debian"],
  root: true,
  ...changes,
});

describe("missing programs", () => {
  it("are no matter when all are there", () => {
    expect(planPackages(needs, machine({ has: () => true }))).toEqual({ kind: "nothing" });
  });

  it("are installed by root on Debian and Ubuntu, each package once, with the reasons", () => {
    for (const systems of [["debian"], ["ubuntu", "debian"], ["linuxmint", "ubuntu", "debian"]]) {
      expect(planPackages(needs, machine({ systems }))).toEqual({
        kind: "install",
        packages: ["debootstrap", "docker.io", "debian-archive-keyring"],
        why: [
          "dockerd is needed to run the containers",
          "docker is needed to look into the containers",
          "debootstrap is needed to build the workstation's image",
        ],
      });
    }
  });

  it("are asked for with the exact command elsewhere", () => {
    expect(planPackages(needs, machine({ root: false }))).toMatchObject({
      kind: "ask",
      command: "sudo apt-get install debootstrap docker.io debian-archive-keyring",
    });
    expect(planPackages(needs, machine({ systems: ["fedora"] }))).toMatchObject({
      kind: "ask",
      command: "your package manager: debootstrap docker.io debian-archive-keyring (Debian's names)",
    });
  });
});
