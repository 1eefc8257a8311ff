/** What an observer's ssh key gets from a host, and what it is refused. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { buildPrograms } from "../../../../build/programs.ts";
import type { HostRequest } from "../../../../contract/actions.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { observeOnly } from "../../../../host/observer/main.ts";
import { apply } from "../../../../host/workstation/apply.ts";
import { hostProgram } from "../../../../lib/program-digest.ts";
import { converse, type SessionOutcome } from "../../../../remote/session.ts";
import { fakeHost, fakePlan, fakeSession, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

describe("an observer of a workstation", () => {
  let vault: FakeVault;
  let host: FakeHost;
  let plan: HostPlan;

  beforeEach(async () => {
    vault = await new FakeVault().start();
    host = await fakeHost("alice", "bob");
    plan = fakePlan(vault, ["alice"]);
  });
  afterEach(() => vault.close());

  const applied = () => apply(host.system, plan, fakeSession(vault).session);

  async function ask(request: object): Promise<{ event: string; result: unknown; problems?: string[] }> {
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.end(`${JSON.stringify(request)}\n`);
    await observeOnly(input, output, () => Promise.resolve(host.system));
    return JSON.parse(String(output.read())) as Awaited<ReturnType<typeof ask>>;
  }

  test("gets the whole observation of the applied fleet", async () => {
    await applied();
    expect(await ask({ action: "observe-workstation", plan })).toMatchObject({
      event: "result",
      result: { generation: 1, users: [{ name: "alice", token: { health: "good" } }] },
    });
  });

  test("gets an observation of a user whom only the request's plan has", async () => {
    await applied();
    const asked = fakePlan(vault, ["alice", "bob"]);
    const { result } = await ask({ action: "observe-workstation", plan: asked });
    expect(result).toMatchObject({
      users: [{ name: "alice" }, { name: "bob", token: { health: "missing" } }],
    });
  });

  test("cannot have users' tokens sent to another Vault", async () => {
    await applied();
    let heard = 0;
    const elsewhere = createServer((_request, response) => response.end(String((heard += 1)))).listen(
      0,
      "127.0.0.1",
    );
    await once(elsewhere, "listening");
    const address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    const asked = { ...plan, vault: { ...plan.vault, address } };
    expect(await ask({ action: "observe-workstation", plan: asked })).toMatchObject({
      result: { users: [{ token: { health: "good" } }] },
    });
    elsewhere.close();
    expect(heard).toBe(0);
  });

  test("cannot have a program run, or a file digested that is not the fleet's", async () => {
    await applied();
    const secret = { path: "/etc/machine-id", mode: "0644", content: "" };
    const asked = {
      ...plan,
      files: [...plan.files, secret],
      users: plan.users.map((user) => ({ ...user, claude: "/usr/bin/env" })),
    };
    const { result } = await ask({ action: "observe-workstation", plan: asked });
    expect(result).toMatchObject({
      files: expect.arrayContaining([
        { path: secret.path, sha256: null, mode: null, foreign: false, applied: false },
      ]),
      users: [{ claude: null }],
    });
  });

  test("gets nothing before the first apply", async () => {
    expect(await ask({ action: "observe-workstation", plan })).toMatchObject({
      event: "failed",
      problems: [expect.stringContaining("has been applied here yet")],
    });
  });

  test.each(["apply", "retire", "remove"])("is refused %s, and nothing is changed", async (action) => {
    await applied();
    const before = await readdir(host.root, { recursive: true });
    const orders = [...host.orders];
    expect(
      await ask({
        action,
        plan: { ...plan, users: [] },
        ...(action === "remove" ? {} : { maxChanges: 9 }),
      }),
    ).toMatchObject({
      event: "failed",
      problems: [expect.stringContaining("may only observe")],
    });
    expect(await readdir(host.root, { recursive: true })).toEqual(before);
    expect(host.orders).toEqual(orders);
  });
});

/** Uses the real operator code and the real host program. An `ssh` in between does what sshd does with a forced command. */
describe("a connection with a forced command", () => {
  let folder: string;
  let file: string;
  beforeAll(() => buildPrograms(ROOT));
  beforeEach(async () => {
    folder = await temporaryFolder();
    file = join(folder, "auth.json");
    const program = join(ROOT, "dist/claude-fleet-host.cjs");
    const sshd = `#!/bin/sh\nfor last; do :; done\nSSH_ORIGINAL_COMMAND=$last exec '${process.execPath}' '${program}' observe\n`;
    await writeFile(join(folder, "ssh"), sshd);
    await chmod(join(folder, "ssh"), 0o755);
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"] ?? ""}`);
    await mkdir(join(folder, "auth.d"));
    await writeFile(join(folder, "auth.d/gate.json"), JSON.stringify({ generation: 3, passed: [] }));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const gate = { probe: "https", allowRefreshToken: false, apiUrl: "https://x", model: "haiku" };
  const token = () => ({ protocol: 1, fleet: "prod", name: "platform", file, uids: [1000], gate });

  function talk(request: object): Promise<SessionOutcome> {
    // The installed program must answer. The program that is sent would leave a file behind.
    const source = Buffer.from(
      `require("node:fs").writeFileSync(${JSON.stringify(join(folder, "ran"))}, "")`,
    );
    return converse({
      connection: {
        address: { kind: "ssh", destination: "host", become: ["sudo", "-n"] },
        ssh: { configFile: undefined },
      },
      program: { ...hostProgram("9.9.9", source), source },
      request: request as HostRequest,
      deadlineSeconds: 30,
    });
  }

  test("is answered by the program on the host, never by a program that is sent", async () => {
    expect(await talk({ action: "observe-token", token: token(), services: [] })).toMatchObject({
      kind: "done",
      result: { type: "missing", generation: 3 },
    });
    expect(await readdir(folder)).not.toContain("ran");
  });

  test("is refused a change", async () => {
    expect(await talk({ action: "gate", token: token(), sha256: "unknown" })).toMatchObject({
      kind: "failed",
      problems: [expect.stringContaining("may only observe")],
    });
    expect(await readFile(join(folder, "auth.d/gate.json"), "utf8")).toContain('"generation":3');
  });

  test.each(["id", "", "/bin/sh", "scp -t /tmp", "docker run -v /:/h x", "docker system dial-stdio; id"])(
    "runs nothing for `%s`",
    async (command) => {
      const child = spawn(join(folder, "ssh"), ["host", command], { stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
      const [code] = (await once(child, "close")) as [number];
      expect({ code, output }).toEqual({ code: 1, output: "" });
    },
  );
});
