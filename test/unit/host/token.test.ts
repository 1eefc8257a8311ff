/** What the gate refuses before any call, how copies are kept, and how a container's mount is read. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HostToken } from "../../../host/protocol.ts";
import type { Operator } from "../../../host/session.ts";
import { complaints, readContent } from "../../../host/token/candidate.ts";
import { CopyStore, digestOf, readCopies, superfluous } from "../../../host/token/copies.ts";
import { gate } from "../../../host/token/gate.ts";
import { observeTokenFile } from "../../../host/token/observe.ts";
import { mountOptions, resolveInside } from "../../../host/token/verify-container.ts";
import { login, setupToken } from "../support/login.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const file = "/srv/auth.json";
const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });
const rules = { file, allowRefreshToken: false, mode: 0o100600, nowMs: Date.now() };
const own = process.getuid?.() ?? 0;

describe("a candidate", () => {
  test("with an unexpired setup-token and narrow rights has nothing against it", () => {
    expect(complaints(readContent(text(setupToken("a"))), rules)).toEqual([]);
  });

  test.each([
    ["a refresh token", login("a"), {}, "holds a refresh token"],
    ["an expired token", setupToken("a", { expiresAt: 5 }), {}, "has expired (at 1970-01-01"],
    ["wide rights", setupToken("a"), { mode: 0o100644 }, "chmod 600 /srv/auth.json"],
    ["no scopes", setupToken("a", { scopes: undefined }), {}, "claudeAiOauth.scopes is not a list"],
    ["an empty token", setupToken("a", { accessToken: "" }), {}, "claudeAiOauth.accessToken is empty"],
  ])("with %s is refused", (_, oauth, change, words) => {
    const found = complaints(readContent(text(oauth)), { ...rules, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(words);
  });

  test("with a refresh token passes where the settings allow it", () => {
    expect(complaints(readContent(text(login("a"))), { ...rules, allowRefreshToken: true })).toEqual([]);
  });

  test("that is no credentials file is never quoted", () => {
    const found = complaints(readContent("fake-secret-text"), rules);
    expect(found).toEqual([
      "/srv/auth.json is not a token file: it is not JSON; put a fresh credentials file there.",
    ]);
  });
});

/** An API that answers every call in the same way, and remembers the last. */
async function api(status: number, body: unknown) {
  const seen: { url: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", authorization: request.headers.authorization });
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
  return { folder, path, token, sha256: digestOf(await readFile(path)) };
}

const operator = { progress: () => undefined } as unknown as Operator;

describe("the gate", () => {
  test("stores a proven file, 0600, and keeps its inode when it passes again", async () => {
    const { url, seen } = await api(200, { type: "message" });
    const { token, sha256, folder } = await candidate(setupToken("a"), url);
    const result = await gate(token, sha256, operator);
    expect(result).toMatchObject({ sha256, generation: 1, kind: "setup-token" });
    expect(seen).toEqual([{ url: "/v1/messages", authorization: "Bearer fake-access-a" }]);
    const copy = join(folder, "auth.d", `${sha256}.${own}.json`);
    expect(result.copies).toEqual([{ uid: own, path: copy }]);
    const before = await stat(copy);
    expect(before.mode & 0o777).toBe(0o600);
    expect((await gate(token, sha256, operator)).generation).toBe(2);
    expect((await stat(copy)).ino).toBe(before.ino);
    expect((await observeTokenFile(token)).copies).toEqual([`${sha256}.${own}`]);
  });

  test.each([
    [401, "was refused by the API"],
    [403, "does not allow this token"],
    [429, "has reached a limit"],
    [529, "is in trouble"],
    [400, "is not proven (400"],
    [200, "the answer is not a message"],
  ])("stores nothing after a %i", async (status, words) => {
    const { url } = await api(status, { type: "error" });
    const { token, sha256, folder } = await candidate(setupToken("a"), url);
    await expect(gate(token, sha256, operator)).rejects.toThrow(words);
    expect((await readdir(join(folder, "auth.d"))).sort()).toEqual(["lock"]);
  });

  test("makes no call for a file that changed, or that is refused by its shape", async () => {
    const { url, seen } = await api(200, { type: "message" });
    const { token, sha256, path } = await candidate(login("a"), url);
    await expect(gate(token, "0".repeat(64), operator)).rejects.toThrow("has changed since it was observed");
    await expect(gate(token, sha256, operator)).rejects.toThrow("holds a refresh token");
    await chmod(path, 0o644);
    await expect(gate(token, sha256, operator)).rejects.toThrow("chmod 600");
    expect(seen).toEqual([]);
  });

  test("does not work in a folder that is a link or that others can write", async () => {
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

test("observing tells apart what lies at the place, and makes nothing", async () => {
  const { token, folder, path } = await candidate(login("a"), "http://127.0.0.1:1");
  expect(await observeTokenFile(token)).toMatchObject({
    type: "file",
    kind: "login",
    mode: "0600",
    generation: 0,
  });
  expect(await observeTokenFile({ ...token, file: `${path}.gone` })).toMatchObject({
    type: "missing",
    sha256: null,
  });
  await symlink(path, join(folder, "link"));
  expect(await observeTokenFile({ ...token, file: join(folder, "link") })).toMatchObject({ type: "symlink" });
  expect((await readdir(folder)).sort()).toEqual(["auth.json", "link"]);
});

test("a copy that was tampered with is written anew, and only what nothing needs is removed", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "auth.json");
  const content = Buffer.from("x");
  const copy = { sha256: digestOf(content), uid: own };
  const store = await CopyStore.open(path);
  await store.store(copy, content);
  const stored = join(folder, "auth.d", `${copy.sha256}.${own}.json`);
  await writeFile(stored, "tampered");
  await store.store(copy, content);
  expect(await readFile(stored, "utf8")).toBe("x");
  await store.close();
  expect((await readCopies(path)).copies).toEqual([copy]);
  expect(superfluous([copy], new Set([copy.sha256]))).toEqual([]);
  expect(superfluous([copy], new Set(["other"]))).toEqual([copy]);
});

describe("inside a container", () => {
  test("links are resolved as the container sees them, never through the host's own root", async () => {
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

  test("the topmost mount at exactly the target counts", () => {
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
