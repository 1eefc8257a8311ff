/** The check before a program is loaded, as shells run it. It needs root, because only root can give a file away. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmod, chown, lchown, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { FAULT_FUNCTION, trustedExec, trustedStart } from "../../../../plan/units/trust-check.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

const USER = 61_234;
let top: string;
let file: string;

beforeEach(async () => {
  top = await temporaryFolder();
  await mkdir(join(top, "a/b"), { recursive: true });
  file = join(top, "a/b/program");
  await writeFile(file, '#!/bin/sh\necho ran "$@"\n', { mode: 0o755 });
});

function faultOf(path: string, me = 0): string {
  const script = `me=${me}; ${FAULT_FUNCTION} fault "$1"`;
  const lines = execFileSync("/bin/sh", ["-c", script, "sh", path], { encoding: "utf8" });
  const joined = execFileSync("/bin/sh", ["-c", script.replaceAll("\n", " "), "sh", path], {
    encoding: "utf8",
  });
  expect(joined).toBe(lines);
  return lines.trim().replaceAll(top, "");
}

interface Case {
  readonly what: string;
  readonly by: () => Promise<unknown>;
  readonly fault: string;
}

const in_ = (path: string) => join(top, path);
/** Gives a folder a link in the place of `a/b`, and the folder that it leads to. */
async function linked(target: string): Promise<void> {
  await mkdir(in_(target), { recursive: true });
  await writeFile(in_(`${target}/program`), "");
  await symlink(in_(target), in_("link"));
  file = in_("link/program");
}

describe.runIf(process.getuid?.() === 0)("a path is not root's alone", () => {
  it.each<Case>([
    {
      what: "the file of a user",
      by: () => chown(file, USER, 0),
      fault: `/a/b/program belongs to uid ${USER}`,
    },
    {
      what: "a file for everybody",
      by: () => chmod(file, 0o666),
      fault: "/a/b/program can be written by everybody",
    },
    {
      what: "a sticky file",
      by: () => chmod(file, 0o1666),
      fault: "/a/b/program can be written by everybody",
    },
    { what: "the folder of a user", by: () => chown(in_("a"), USER, 0), fault: `/a belongs to uid ${USER}` },
    {
      what: "a folder for everybody",
      by: () => chmod(in_("a"), 0o777),
      fault: "/a can be written by everybody",
    },
    {
      what: "a group with a member",
      // `nobody` is in its own group on every system.
      by: async () => {
        const group = Number(execFileSync("id", ["-g", "nobody"], { encoding: "utf8" }));
        await chown(in_("a"), 0, group);
        await chmod(in_("a"), 0o775);
      },
      fault: "/a can be written by the members of its group ",
    },
    {
      what: "a link into a user's folder",
      by: async () => {
        await linked("home");
        await chown(in_("home"), USER, USER);
      },
      fault: `/home belongs to uid ${USER}`,
    },
    {
      what: "the link of a user",
      by: async () => {
        await linked("home");
        await lchown(in_("link"), USER, USER);
      },
      fault: `/link belongs to uid ${USER}`,
    },
    {
      what: "a link in a user's folder, in the middle of links",
      by: async () => {
        await linked("home/real");
        await mkdir(in_("home/user"));
        await symlink("../real", in_("home/user/x"));
        await symlink("home/user/x/program", in_("start"));
        await chown(in_("home/user"), USER, USER);
        file = in_("start");
      },
      fault: `/home/user belongs to uid ${USER}`,
    },
    {
      what: "a loop of links",
      by: async () => {
        await symlink("two", in_("one"));
        await symlink("one", in_("two"));
        file = in_("one");
      },
      fault: "/one is missing",
    },
  ])("with $what", async ({ by, fault }) => {
    await by();
    expect(faultOf(file)).toMatch(new RegExp(`^${fault}`));
  });

  it.each<Omit<Case, "fault">>([
    { what: "nothing unusual", by: () => Promise.resolve() },
    { what: "a sticky folder for everybody", by: () => chmod(in_("a"), 0o1777) },
    {
      what: "a group without members",
      by: async () => {
        await chown(in_("a"), 0, 61_999);
        await chmod(in_("a"), 0o2775);
      },
    },
    { what: "a link of root", by: () => linked("opt") },
  ])("except with $what", async ({ by }) => {
    await by();
    expect(faultOf(file)).toBe("");
  });

  it("trusts the login that runs it, where that is not root", async () => {
    await chown(file, USER, USER);
    expect(faultOf(file, USER)).toBe("");
  });

  it("starts the program only when nothing is wrong", async () => {
    const run = () =>
      spawnSync("/bin/sh", ["-c", trustedExec([file], `${file} one "$TWO"`)], {
        encoding: "utf8",
        env: { PATH: process.env["PATH"], TWO: "2 $x" },
      });
    expect(run()).toMatchObject({ status: 0, stdout: "ran one 2 $x\n", stderr: "" });
    await chown(in_("a"), USER, USER);
    const refused = run();
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toBe(
      `claude-fleet does not start: ${in_("a")} belongs to uid ${USER}. Only root may be able to change it. Run 'pulumi preview', which names each such path and its repair.\n`,
    );
  });
});

it("a unit's line holds the whole check: systemd reads it as this text", () => {
  const line = trustedStart("/x/program", 'run "$FLEET"', '"/etc/$FLEET"');
  const [, quoted = ""] = /^ExecStart=\/bin\/sh -c "(.*)"$/s.exec(line) ?? [];
  const read = quoted
    .replaceAll("\\\n", " ")
    .replaceAll("$$", "$")
    .replaceAll("%%", "%")
    .replaceAll(/\\(["\\])/g, "$1");
  const script = trustedExec(["/x/program", '"/etc/$FLEET"'], '/x/program run "$FLEET"');
  expect(read.replaceAll(/\s+/g, " ")).toBe(script.replaceAll(/\s+/g, " "));
});
