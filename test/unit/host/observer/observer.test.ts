/** The key that may only look: what its owner may ask, what never reaches the host's shell, and what an answer leaves out. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { buildPrograms } from "../../../../build/programs.ts";
import { hostProgram } from "../../../../lib/program-digest.ts";
import { converse, type SessionOutcome } from "../../../../remote/session.ts";
import { apply } from "../../../../host/workstation/apply.ts";
import { mayAsk, mayRead, serveEngine } from "../../../../host/observer/docker-proxy.ts";
import { observeOnly } from "../../../../host/observer/main.ts";
import { allowedRequest } from "../../../../host/observer/allowed-requests.ts";
import type { HostToken } from "../../../../contract/token-file.ts";
import { fakeHost, fakeSession, fakePlan, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import type { HostRequest } from "../../../../contract/actions.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

describe("a workstation's answer to who may only look", () => {
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

  test("is the whole observation of the fleet that was applied", async () => {
    await applied();
    expect(await ask({ action: "observe-workstation", plan })).toMatchObject({
      event: "result",
      result: { generation: 1, users: [{ name: "alice", token: { health: "good" } }] },
    });
  });

  test("tells of a user whom only the asked plan has", async () => {
    await applied();
    const asked = fakePlan(vault, ["alice", "bob"]);
    const { result } = await ask({ action: "observe-workstation", plan: asked });
    expect(result).toMatchObject({
      users: [{ name: "alice" }, { name: "bob", token: { health: "missing" } }],
    });
  });

  test("sends no user's token to a Vault that the asker names", async () => {
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

  test("runs no program that the asker names, and digests no file that is not the fleet's", async () => {
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

  test("is none where nothing was applied", async () => {
    expect(await ask({ action: "observe-workstation", plan })).toMatchObject({
      event: "failed",
      problems: [expect.stringContaining("has been applied here yet")],
    });
  });

  test.each(["apply", "retire", "remove"])(
    "is a refusal when asked to %s, and nothing is changed",
    async (action) => {
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
        problems: [expect.stringContaining("may only look")],
      });
      expect(await readdir(host.root, { recursive: true })).toEqual(before);
      expect(host.orders).toEqual(orders);
    },
  );
});

describe("of a token file, who may only look", () => {
  const token: HostToken = {
    protocol: 1,
    fleet: "prod",
    name: "platform",
    file: "/srv/claude/auth.json",
    uids: [1000],
    gate: {
      probe: "https",
      allowRefreshToken: false,
      apiUrl: "https://x",
      claude: undefined,
      model: "haiku",
    },
  };
  const compose = { file: "/opt/a.yml", directory: "/opt", recreate: ["sh", "-c", "id"] };
  const observe: HostRequest = { action: "observe-token", token, services: [], compose };

  test("learns nothing where no gate has been", () => {
    expect(allowedRequest(observe, { plan: undefined, gated: false, placed: false })).toEqual({
      refused: "no gate has passed /srv/claude/auth.json here yet; run `pulumi up` first.",
    });
  });

  test("names no command", () => {
    const narrowed = allowedRequest(observe, { plan: undefined, gated: true, placed: false });
    expect(narrowed).toMatchObject({ request: { compose: { file: "/opt/a.yml", recreate: undefined } } });
  });

  test("learns of rules only where they have been placed, and of the fleet's status", () => {
    const rules = { protocol: 1, directory: "/etc/rules", files: [] };
    const nothing = { plan: undefined, gated: false, placed: false };
    const request: HostRequest = { action: "observe-rules", rules };
    expect(allowedRequest(request, nothing)).toEqual({
      refused: "no rules have been placed in /etc/rules yet; run `pulumi up` first.",
    });
    expect(allowedRequest(request, { ...nothing, placed: true })).toEqual({ request });
    const status: HostRequest = { action: "status", protocol: 1, fleet: "prod" };
    expect(allowedRequest(status, nothing)).toEqual({ request: status });
  });

  test.each<HostRequest>([
    { action: "rules", rules: { protocol: 1, directory: "/etc/rules", files: [] } },
    { action: "gate", token, sha256: "unknown" },
    { action: "put-back", token },
    { action: "pause", target: { protocol: 1, fleet: "prod", user: "alice" }, by: "x", reason: "" },
    { action: "run-agent", target: { protocol: 1, fleet: "prod", user: "alice" } },
  ])("may not ask for $action", (request) => {
    expect(allowedRequest(request, { plan: undefined, gated: true, placed: false })).toMatchObject({
      refused: expect.stringContaining(`"${request.action}"`),
    });
  });
});

/** The real command and the real host program, with an `ssh` that does what sshd does with a forced command. */
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
    // A program that would betray itself: the one on the host must answer, whatever is sent.
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

  test("answers an observation by the program that is on the host, never by one that is sent", async () => {
    expect(await talk({ action: "observe-token", token: token(), services: [] })).toMatchObject({
      kind: "done",
      result: { type: "missing", generation: 3 },
    });
    expect(await readdir(folder)).not.toContain("ran");
  });

  test("refuses everything else", async () => {
    expect(await talk({ action: "gate", token: token(), sha256: "unknown" })).toMatchObject({
      kind: "failed",
      problems: [expect.stringContaining("may only look")],
    });
    expect(await readFile(join(folder, "auth.d/gate.json"), "utf8")).toContain('"generation":3');
  });

  test.each(["id", "", "/bin/sh", "scp -t /tmp", "docker run -v /:/h x", "docker system dial-stdio; id"])(
    "runs nothing for `%s`",
    async (command) => {
      const child = spawn(join(folder, "ssh"), ["host", command], { stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += String(chunk)));
      const [code] = (await once(child, "close")) as [number];
      expect({ code, said }).toEqual({ code: 1, said: "" });
    },
  );
});

describe("the engine, for who may only look", () => {
  test.each<[string, string, boolean]>([
    ["GET", "/_ping", true],
    ["HEAD", "/_ping", true],
    ["GET", "/v1.45/version", true],
    ["GET", "/v1.45/containers/json?all=1", true],
    ["GET", "/v1.45/containers/abc123/json", true],
    ["POST", "/v1.45/containers/create", false],
    ["POST", "/v1.45/containers/abc/exec", false],
    ["DELETE", "/v1.45/containers/abc", false],
    ["GET", "/v1.45/containers/abc/archive?path=/run/auth.json", false],
    ["GET", "/v1.45/containers/abc/logs", false],
    ["GET", "/v1.45/containers/abc/../../secrets/json", false],
    ["GET", "/v1.45/images/x/get", false],
    ["GET", "/v1.45/secrets", false],
  ])("%s %s", (method, url, allowed) => {
    expect(mayAsk(method, url)).toBe(allowed);
  });

  const own = { Id: "a", Labels: { "claude-fleet.fleet": "prod" } };
  const inspect = (labels: object | null) =>
    JSON.stringify({ Id: "a", Config: { Env: ["A=b"], Labels: labels } });

  test("shows the containers of a fleet and no others", () => {
    const list = JSON.stringify([own, { Id: "b", Labels: null }, { Id: "c", Labels: { other: "x" } }]);
    expect(JSON.parse(mayRead("/containers/json", list) ?? "")).toEqual([own]);
    expect(mayRead("/containers/a/json", inspect(own.Labels))).toContain("A=b");
    expect(mayRead("/containers/a/json", inspect({}))).toBeUndefined();
    expect(mayRead("/containers/a/json", inspect(null))).toBeUndefined();
  });

  describe("over the connection", () => {
    let engine: Server;
    let socket: string;
    const asked: string[] = [];
    beforeEach(async () => {
      socket = join(await temporaryFolder(), "docker.sock");
      engine = createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`);
        response
          .setHeader("api-version", "1.45")
          .end(request.url?.includes("json") ? JSON.stringify([own]) : "OK");
      }).listen(socket);
      await once(engine, "listening");
    });
    afterEach(() => engine.close());

    test("passes on what is allowed and answers the rest itself", async () => {
      const [input, output] = [new PassThrough(), new PassThrough()];
      const served = serveEngine(input, output, socket);
      let said = "";
      output.on("data", (chunk: Buffer) => (said += String(chunk)));
      input.write("GET /_ping HTTP/1.1\r\nhost: d\r\n\r\nGET /containers/json HTTP/1.1\r\nhost: d\r\n\r\n");
      input.write("POST /containers/create HTTP/1.1\r\nhost: d\r\ncontent-length: 2\r\n\r\n{}");
      await vi.waitFor(() => expect(said.match(/HTTP\/1\.1 \d+/g)).toHaveLength(3));
      expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 403"]);
      expect(asked).toEqual(["GET /_ping", "GET /containers/json"]);
      expect(said).toContain("api-version: 1.45");
      input.end();
      await served;
    });
  });
});
