/** Tests hosts without Node: what the real shell does with a Node that is sent, and with one that is installed. */
import { spawn, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { arch } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hostProgram } from "../../../lib/program-digest.ts";
import { bootstrapScript, type BootstrapPlaces } from "../../../remote/bootstrap.ts";
import { converse, type SessionOptions, type SessionOutcome } from "../../../remote/session.ts";
import { OWN_NODE_FILE, ownNodeBuild } from "../../../lib/own-node.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";
import type { HostRequest } from "../../../contract/actions.ts";

const platform = `linux-${arch()}`;
const isRoot = process.getuid?.() === 0;

let folder: string;
let temporary: string;
/** Stands in for Node: it records each run, then runs this Node. */
let node: Buffer;
let sent: number;
let mounts: string[];

beforeEach(async () => {
  folder = await temporaryFolder();
  temporary = join(folder, "tmp");
  await mkdir(temporary);
  await mkdir(join(folder, "programs/current"), { recursive: true });
  node = Buffer.from(`#!/bin/sh\necho ran >>'${folder}/marks'\nexec '${process.execPath}' "$@"\n`);
  sent = 0;
  mounts = [];
});
afterEach(() => {
  for (const mount of mounts) execFileSync("umount", [mount]);
});

const build = () => {
  const known = ownNodeBuild("linux", arch());
  if (known === undefined) throw new Error(`No Node comes with the program on ${platform}.`);
  return { ...known, sha256: createHash("sha256").update(node).digest("hex"), size: node.length };
};

const places = (changes: Partial<BootstrapPlaces> = {}): BootstrapPlaces => ({
  nodes: ["no-such-node"],
  programs: join(folder, "programs"),
  temporary: [temporary],
  builds: { [platform]: build() },
  ...changes,
});

const source = Buffer.from(
  `process.stdin.once("data", (line) => {
     const result = { asked: JSON.parse(line).action, argv: process.argv.slice(2) };
     process.stdout.write(JSON.stringify({ event: "result", result }) + "\\n");
     process.stdin.destroy();
   });`,
);
const program = { ...hostProgram("0.0.0", source), source };

interface Talk {
  /** The bytes that are sent as the packed Node. */
  readonly packed?: Buffer;
  readonly places?: BootstrapPlaces;
  readonly action?: HostRequest["action"];
  readonly hear?: SessionOptions["hear"];
}

async function talk(options: Talk = {}): Promise<SessionOutcome> {
  const file = join(folder, `sent-${++sent}`);
  return converse({
    connection: { address: { kind: "local", become: [] }, ssh: { configFile: undefined } },
    program,
    request: { action: options.action ?? "observe-workstation" } as HostRequest,
    deadlineSeconds: 30,
    places: options.places ?? places(),
    node: async () => {
      await writeFile(file, options.packed ?? gzipSync(node));
      return file;
    },
    ...(options.hear === undefined ? {} : { hear: options.hear }),
  });
}

/** How often Node was sent. */
const sendings = async () => (await readdir(folder)).filter((name) => name.startsWith("sent-")).length;
const answered = { kind: "done", result: { asked: "observe-workstation", argv: ["serve"] } };
const refused = (why: string) => ({
  kind: "unreachable",
  begun: false,
  reason: expect.stringMatching(
    new RegExp(`^this machine: the host has no Node 20 or newer on its PATH.*${why}`),
  ),
});

async function tmpfs(options: string): Promise<string> {
  const place = join(folder, `mount-${mounts.length}`);
  await mkdir(place);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", place]);
  mounts.push(place);
  return place;
}

async function install(content: Buffer): Promise<void> {
  const file = join(folder, "programs/current", OWN_NODE_FILE);
  await writeFile(file, content);
  await chmod(file, 0o755);
}

async function expectNothingRun(outcome: SessionOutcome, why: string, place = temporary): Promise<void> {
  expect(outcome).toMatchObject(refused(why));
  expect(await readdir(place)).toEqual([]);
  expect(existsSync(join(folder, "marks"))).toBe(false);
}

describe("a host without Node", () => {
  it("is sent Node, runs the program by it, and keeps nothing", async () => {
    const heard: string[] = [];
    const hear: SessionOptions["hear"] = (event) =>
      void heard.push("message" in event ? event.message : event.event);
    expect(await talk({ hear })).toEqual(answered);
    expect(await readFile(join(folder, "marks"), "utf8")).toMatch(/ran/);
    expect(await readdir(temporary)).toEqual([]);
    expect(await readdir(join(folder, "programs/current"))).toEqual([]);
    expect(heard).toEqual([expect.stringMatching(/^this machine has no Node 20 or newer, and is sent /)]);
  });

  it("is sent Node unpacked where there is no gzip", async () => {
    const bin = join(folder, "bin");
    await mkdir(bin);
    for (const name of [
      "chmod",
      "df",
      "find",
      "head",
      "id",
      "ls",
      "mktemp",
      "rm",
      "sha256sum",
      "tr",
      "uname",
      "wc",
    ]) {
      await writeFile(join(bin, name), `#!/bin/sh\nPATH=/usr/bin:/bin; exec ${name} "$@"\n`, { mode: 0o755 });
    }
    const script = bootstrapScript({ ...program, size: source.length }, "mark", ["serve"], places());
    const child = spawn("/bin/sh", ["-c", script.replace(/^PATH=.*$/m, `PATH=${bin}`)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      if (said === `mark need-node ${platform} plain\n`) {
        child.stdin.write(`${node.length}\n`);
        child.stdin.write(node);
      } else if (said.endsWith("mark need\n")) {
        child.stdin.write(source);
        child.stdin.write(`${JSON.stringify({ action: "x" })}\n`);
      }
    });
    await once(child, "close");
    expect(said).toContain(`{"event":"result","result":{"asked":"x","argv":["serve"]}}`);
  });

  it.runIf(isRoot)(
    "is sent Node where a user can change the Node on its PATH, and never runs that Node",
    async () => {
      const theirs = join(folder, "node");
      await writeFile(theirs, `#!/bin/sh\necho evil >>'${folder}/marks'\n`, { mode: 0o755 });
      await chown(theirs, 61_234, 0);
      expect(await talk({ places: places({ nodes: [theirs] }) })).toEqual(answered);
      expect(await readFile(join(folder, "marks"), "utf8")).not.toContain("evil");
      const refusal = await talk({ places: places({ nodes: [theirs] }), action: "gate" });
      expect(refusal).toMatchObject({
        kind: "unreachable",
        begun: false,
        reason: `this machine: the Node on its PATH is not used (${theirs}: ${theirs} belongs to uid 61234): only root may be able to change it; correct its owner and mode.`,
      });
    },
  );

  it.runIf(isRoot)("never runs an installed Node of a user, though it is intact", async () => {
    await install(node);
    await chown(join(folder, "programs/current"), 61_234, 0);
    expect(await talk()).toEqual(answered);
    expect(await sendings()).toBe(1);
  });

  it("is not sent Node again after an apply has installed it", async () => {
    await install(node);
    expect(await talk()).toEqual(answered);
    expect(await sendings()).toBe(0);
  });

  it("is sent Node again when the installed Node was edited, and never runs the edited Node", async () => {
    await install(Buffer.from(`#!/bin/sh\necho edited >>'${folder}/marks'\n`));
    expect(await talk()).toEqual(answered);
    expect(await sendings()).toBe(1);
    expect(await readFile(join(folder, "marks"), "utf8")).not.toContain("edited");
  });

  it("is sent Node in two conversations at the same time", async () => {
    expect(await Promise.all([talk(), talk()])).toEqual([answered, answered]);
    expect(await readdir(temporary)).toEqual([]);
  });

  it("runs nothing when less than the whole Node arrives", async () => {
    await expectNothingRun(await talk({ packed: gzipSync(node).subarray(0, 60) }), `bytes were kept in `);
  });

  it("runs nothing when another file than Node arrives", async () => {
    const other = Buffer.from(node);
    other.write("RAN", other.indexOf("ran"));
    const outcome = await talk({ packed: gzipSync(other) });
    await expectNothingRun(outcome, "what arrived is not the Node that was sent");
  });

  it("keeps nothing when the connection is cut in the middle", async () => {
    const script = bootstrapScript({ ...program, size: source.length }, "mark", ["serve"], places());
    const child = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const packed = gzipSync(node);
    child.stdin.write(`${packed.length}\n`);
    child.stdin.end(packed.subarray(0, 50));
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(1);
    expect(await readdir(temporary)).toEqual([]);
    expect(existsSync(join(folder, "marks"))).toBe(false);
  });

  it("keeps nothing when it is ended while it waits", async () => {
    const script = bootstrapScript({ ...program, size: source.length }, "mark", ["serve"], places());
    const child = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    expect(await readdir(temporary)).toHaveLength(1);
    child.kill("SIGTERM");
    await once(child, "close");
    expect(await readdir(temporary)).toEqual([]);
  });

  it("reports a Node that it cannot run", async () => {
    node = Buffer.from("#!/bin/sh\necho 'version GLIBC_2.28 not found' >&2\nexit 1\n");
    await expectNothingRun(await talk(), "does not run there .version GLIBC_2.28 not found.; install one");
  });

  it("removes leftovers of a killed delivery after an hour, and nothing else", async () => {
    const [old, young] = ["claude-fleet.aaaaaaaaaa", "claude-fleet.bbbbbbbbbb"];
    for (const name of [old, young]) await mkdir(join(temporary, name));
    const past = Date.now() / 1000 - 2 * 3600;
    await utimes(join(temporary, old), past, past);
    expect(await talk()).toEqual(answered);
    expect(await readdir(temporary)).toEqual([young]);
  });

  it.each<[HostRequest["action"], string]>([
    ["status", "none has come with the program yet; `npx pulumi up` brings it"],
    ["gate", "install one .for Debian 13: apt-get install nodejs."],
  ])("is sent none for the request %s", async (action, why) => {
    await expectNothingRun(await talk({ action }), why);
    expect(await sendings()).toBe(0);
  });

  it.each<[string, () => Partial<BootstrapPlaces>, string]>([
    ["of another kind", () => ({ builds: {} }), "none comes with the program for \\S+; install one"],
    [
      "without glibc",
      () => ({ builds: { [platform]: { ...build(), libc: "/no/ld.so" } } }),
      "needs glibc ./no/ld.so is missing.; install the host's own",
    ],
    ["without any folder", () => ({ temporary: ["/no/tmp"] }), "no folder with 1 MiB of room .* /no/tmp;"],
  ])("%s is told what to install", async (_, changes, why) => {
    await expectNothingRun(await talk({ places: places(changes()) }), why);
    expect(await sendings()).toBe(0);
  });
});

describe.runIf(isRoot)("the folder for it", () => {
  it("is the next one when the first is too small, or forbids programs", async () => {
    const first = [await tmpfs("size=64k"), await tmpfs("noexec")];
    expect(await talk({ places: places({ temporary: [...first, temporary] }) })).toEqual(answered);
    expect(await Promise.all(first.map((place) => readdir(place)))).toEqual([[], []]);
    const outcome = await talk({ places: places({ temporary: first }) });
    expect(outcome).toMatchObject(refused("no folder with 1 MiB of room in which programs may run"));
  });

  it("holds nothing after the file system was full", async () => {
    const small = await tmpfs("size=2m");
    const packed = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    const outcome = await talk({ packed, places: places({ temporary: [small] }) });
    await expectNothingRun(outcome, "bytes were kept in .*No space left on device", small);
  });
});
