/** The gate: what it stores, when it refuses, and how approved copies are kept intact. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { HostToken } from "../../../../contract/token-file.ts";
import type { Session } from "../../../../host/session.ts";
import { ApprovedCopies, readApprovedCopies } from "../../../../host/token/approved-copies.ts";
import { copyFault, type ApprovedCopy } from "../../../../host/token/approved-copy.ts";
import { gate } from "../../../../host/token/gate.ts";
import { observeTokenFile } from "../../../../host/token/observe-token-file.ts";
import { sha256Of } from "../../../../lib/sha256.ts";
import { login, setupToken } from "../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import { readRegularFile } from "../../../../lib/regular-file.ts";

const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });
const own = process.getuid?.() ?? 0;

/** Starts an API that answers every call in the same way and records the calls. */
async function api(status: number, body: unknown) {
  const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    request.resume().on("end", () => response.writeHead(status).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function candidate(oauth: Record<string, unknown>, apiUrl: string) {
  const folder = await temporaryFolder();
  const path = join(folder, "auth.json");
  await writeFile(path, text(oauth), { mode: 0o600 });
  const token: HostToken = {
    protocol: 1,
    fleet: "unittest",
    name: "platform",
    file: path,
    uids: [own],
    gate: { probe: "https", allowRefreshToken: false, apiUrl, claude: undefined, model: "some-model" },
  };
  return { folder, path, token, sha256: sha256Of(await readFile(path)) };
}

const question = (token: HostToken) => ({
  action: "observe-token" as const,
  token,
  services: [],
  compose: undefined,
});

const operator = { progress: () => undefined } as unknown as Session;

describe("the gate", () => {
  test("stores a proven file as a copy (0600), and keeps the copy's inode when the file passes again", async () => {
    const { url, seen } = await api(200, { type: "message" });
    const { token, sha256, folder } = await candidate(setupToken("a"), url);
    const result = await gate(token, sha256, operator);
    expect(result).toMatchObject({ sha256, generation: 1, kind: "setup-token" });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      url: "/v1/messages",
      headers: {
        authorization: "Bearer fake-access-a",
        "anthropic-beta": "oauth-2025-04-20",
        "anthropic-version": "2023-06-01",
      },
    });
    // As an API key the token would be refused.
    expect(seen[0]?.headers).not.toHaveProperty("x-api-key");
    const copy = join(folder, "auth.d", `${sha256}.${own}.json`);
    expect(result.copies).toEqual([{ uid: own, path: copy }]);
    const before = await stat(copy);
    expect(before.mode & 0o777).toBe(0o600);
    expect((await gate(token, sha256, operator)).generation).toBe(2);
    expect((await stat(copy)).ino).toBe(before.ino);
    expect((await observeTokenFile(question(token))).copies).toEqual([`${sha256}.${own}`]);
  });

  test.each([
    [401, "Invalid bearer token", "was refused by the API"],
    [403, "OAuth token has been revoked.", "was refused by the API"],
    [403, "not allowed for this organization", "does not allow this token"],
    [400, "Your credit balance is too low", "does not allow this token"],
    [429, "", "has reached a limit"],
    [529, "", "is in trouble"],
    [404, "model: haiku", "check the gate's"],
    [400, "", "is not proven (400"],
    [200, "", "the answer is not a message"],
  ])("stores nothing after a %i %s", async (status, message, words) => {
    const { url } = await api(status, { type: "error", error: { message } });
    const { token, sha256, folder } = await candidate(setupToken("a"), url);
    await expect(gate(token, sha256, operator)).rejects.toThrow(words);
    expect((await readdir(join(folder, "auth.d"))).sort()).toEqual(["lock"]);
  });

  test("makes no call for a file that changed since its observation, or whose shape is refused", async () => {
    const { url, seen } = await api(200, { type: "message" });
    const { token, sha256, path } = await candidate(login("a"), url);
    const former = gate(token, "0".repeat(64), operator);
    await expect(former).rejects.toThrow(/was 000000000000 when it was observed, and is [0-9a-f]{12} now/);
    await expect(gate(token, "unknown", operator)).rejects.toThrow("was not observed before");
    await expect(gate(token, sha256, operator)).rejects.toThrow("holds a refresh token");
    await chmod(path, 0o644);
    await expect(gate(token, sha256, operator)).rejects.toThrow("chmod 600");
    expect(seen).toEqual([]);
  });

  test("refuses a folder of copies that is a link or that others can write", async () => {
    const { url } = await api(200, { type: "message" });
    const { token, sha256, folder } = await candidate(setupToken("a"), url);
    await mkdir(join(folder, "elsewhere"));
    await symlink("elsewhere", join(folder, "auth.d"));
    await expect(gate(token, sha256, operator)).rejects.toThrow("is not a folder that can be used");
    expect(await readdir(join(folder, "elsewhere"))).toEqual([]);
    const second = await candidate(setupToken("a"), url);
    await mkdir(join(second.folder, "auth.d"));
    await chmod(join(second.folder, "auth.d"), 0o777);
    await expect(gate(second.token, second.sha256, operator)).rejects.toThrow("can be written by others");
  });
});

test("an observation says what lies at the place, and creates nothing", async () => {
  const { token, folder, path } = await candidate(login("a"), "http://127.0.0.1:1");
  expect(await observeTokenFile(question(token))).toMatchObject({
    type: "file",
    kind: "login",
    mode: "0600",
    generation: 0,
    mark: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
  });
  expect(await observeTokenFile(question({ ...token, file: `${path}.gone` }))).toMatchObject({
    type: "missing",
    sha256: null,
  });
  await symlink(path, join(folder, "link"));
  expect(await observeTokenFile(question({ ...token, file: join(folder, "link") }))).toMatchObject({
    type: "symlink",
  });
  expect((await readdir(folder)).sort()).toEqual(["auth.json", "link"]);
});

test("a changed copy is found, and is written again in its place", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "auth.json");
  const content = Buffer.from("x");
  const copy = { sha256: sha256Of(content), uid: own };
  const store = (wanted: ApprovedCopy) =>
    ApprovedCopies.withLock(path, (copies) => copies.store(wanted, content));
  await store(copy);
  const stored = join(folder, "auth.d", `${copy.sha256}.${own}.json`);
  const { ino } = await stat(stored);
  for (const [spoil, why] of [
    [() => writeFile(stored, "tampered"), "has been edited"],
    [() => chmod(stored, 0o644), "has the mode 0644 instead of 0600"],
  ] as const) {
    await spoil();
    expect(copyFault(await readRegularFile(stored, 100), copy)).toBe(why);
    await store(copy);
    expect(await readFile(stored, "utf8")).toBe("x");
    expect(copyFault(await readRegularFile(stored, 100), copy)).toBeUndefined();
  }
  // A container mounts this inode, and would go on reading a damaged file after a replacement.
  expect((await stat(stored)).ino).toBe(ino);
  await rm(stored);
  await symlink("/etc/passwd", stored);
  expect(copyFault(await readRegularFile(stored, 100), copy)).toBe("is a symbolic link, not a regular file");
  await store(copy);
  expect(await readFile(stored, "utf8")).toBe("x");
  expect(copyFault(await readRegularFile(stored, 100), { ...copy, uid: own + 1 })).toBe(
    `belongs to user ${own}`,
  );
  expect((await readApprovedCopies(path)).copies).toEqual([copy]);
});

test("a pass removes the copies that neither a container nor a pass needs, once the engine answers", async () => {
  const { url } = await api(200, { type: "message" });
  const { folder, path, token, sha256 } = await candidate(setupToken("a"), url);
  const engine = await temporaryFolder();
  vi.stubEnv("PATH", [engine, process.env["PATH"]].join(delimiter));
  onTestFinished(() => void vi.unstubAllEnvs());
  const script = (ps: string) => `#!/bin/sh\ncase "$1" in ps) ${ps};; inspect) cat ${engine}/answer;; esac\n`;
  const docker = (ps: string) => writeFile(join(engine, "docker"), script(ps), { mode: 0o755 });
  const [mounted = "", labelled = "", other = ""] = ["mounted", "labelled", "other"].map(sha256Of);
  const container = {
    Id: "c0ffee",
    Name: "/backend",
    State: { Status: "running", Running: true, Pid: 7 },
    Config: { Labels: { "claude-fleet.sha256": labelled } },
    HostConfig: {},
    Mounts: [{ Source: join(folder, "auth.d", `${mounted}.${own}.json`), Destination: "/auth.json" }],
  };
  await writeFile(join(engine, "answer"), JSON.stringify([container]));
  await ApprovedCopies.withLock(path, async (store) => {
    for (const word of ["mounted", "labelled", "other"]) {
      await store.store({ sha256: sha256Of(word), uid: own }, Buffer.from(word));
    }
  });
  const left = async () => (await readApprovedCopies(path)).copies.map((copy) => copy.sha256).sort();

  await docker("exit 1");
  await gate(token, sha256, operator);
  expect(await left()).toEqual([mounted, labelled, other, sha256].sort());
  await docker(`echo ${"c".repeat(64)}`);
  await gate(token, sha256, operator);
  expect(await left()).toEqual([mounted, labelled, sha256].sort());
});
