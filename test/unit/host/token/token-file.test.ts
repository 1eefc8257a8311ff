/** What the gate refuses before any call, how copies are kept, and how a container's mount is read. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readRegularFile, type FileReading } from "../../../../lib/atomic-file.ts";
import type { HostToken } from "../../../../contract/token-file.ts";
import type { Session } from "../../../../host/session.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "../../../../host/token/judge-candidate.ts";
import {
  ApprovedCopies,
  readApprovedCopies,
  unneededCopies,
} from "../../../../host/token/approved-copies.ts";
import { copyFault } from "../../../../host/token/approved-copy.ts";
import { gate } from "../../../../host/token/gate.ts";
import { observeTokenFile } from "../../../../host/token/observe-token-file.ts";
import { mountOptions, resolveInside } from "../../../../host/rollout/verify-container.ts";
import { login, setupToken } from "../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import { sha256Of } from "../../../../lib/sha256.ts";

const file = "/srv/auth.json";
const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });
const rules = { file, allowRefreshToken: false, uids: [1000, 1001], nowMs: Date.now() };
const own = process.getuid?.() ?? 0;

/** What a reading of the place gives. */
function reading(content: string, { mode = 0o100600, uid = 1000 } = {}): FileReading {
  return { kind: "file", content: Buffer.from(content), stat: { mode, uid } as Stats };
}

describe("a candidate", () => {
  const good = text(setupToken("a"));
  const fresh = "; put a fresh credentials file there.";

  test("with an unexpired setup-token, narrow rights and a user as its owner has nothing against it", () => {
    expect(judgeCandidate(reading(good), rules)).toMatchObject({ kind: "setup-token", complaints: [] });
  });

  test.each<[string, FileReading, string]>([
    ["that is missing", { kind: "missing" }, " is missing; put the token file there."],
    [
      "that is a folder",
      { kind: "directory" },
      " is a folder instead of a file, as a container engine makes it for a missing mount; remove it, and put the token file itself there.",
    ],
    [
      "that is a link",
      { kind: "symlink" },
      " is a link instead of a file; move it away, and put the token file itself there.",
    ],
    [
      "that is a pipe",
      { kind: "other" },
      " is a device, pipe or socket instead of a file; move it away, and put the token file itself there.",
    ],
    [
      "that this login may not read",
      { kind: "unreadable", why: "EACCES" },
      " cannot be read by this login (EACCES); set `become: sudo -n` for the token's host, or correct its rights.",
    ],
    ["that is empty", reading(""), ` is not a token file: it is empty${fresh}`],
    ["of blanks", reading(" \n\n"), ` is not a token file: it is empty${fresh}`],
    ["that is not JSON", reading("fake-secret-text"), ` is not a token file: it is not JSON${fresh}`],
    ["that is a list", reading("[1]"), ` is not a token file: it is not a JSON object${fresh}`],
    [
      "without a login",
      reading('{"mcpOAuth": {}}'),
      ` is not a token file: it holds no claudeAiOauth object${fresh}`,
    ],
    [
      "in hexadecimal",
      reading(`${Buffer.from(good).toString("hex")}\n`),
      ` is not a token file: it is the JSON in hexadecimal, as macOS's \`security\` prints it (\`xxd -r -p\` turns it back)${fresh}`,
    ],
    [
      "that is wrapped over two lines",
      reading(good.replace("fake-access", "fake-ac\ncess")),
      ` is not a token file: a line break splits one of its values, as copying from a terminal does${fresh}`,
    ],
    [
      "that is a bare token",
      reading("sk-ant-oat01-fake\nfake\n"),
      ` is not a token file: it holds a bare token, without the JSON around it${fresh}`,
    ],
    [
      "without scopes",
      reading(text(setupToken("a", { scopes: undefined }))),
      ` is not a token file: claudeAiOauth.scopes is not a list${fresh}`,
    ],
    [
      "with an empty token",
      reading(text(setupToken("a", { accessToken: "" }))),
      ` is not a token file: its claudeAiOauth.accessToken is empty${fresh}`,
    ],
    [
      "with an expired token",
      reading(text(setupToken("a", { expiresAt: 5 }))),
      ` has expired (at 1970-01-01T00:00:00.005Z)${fresh}`,
    ],
    [
      "with a refresh token",
      reading(text(login("a"))),
      " holds a refresh token: it is single-use, and the first container to use it would lose its successor on a read-only mount. Use a token of `claude setup-token`, or set `gate.allowRefreshToken: true`.",
    ],
    [
      "that others can read",
      reading(good, { mode: 0o100644 }),
      " has the mode 0644, so that others than its owner can use it; run `chmod 600 /srv/auth.json` there.",
    ],
    [
      "that belongs to root",
      reading(good, { uid: 0 }),
      " belongs to root, and not to the user who keeps it nor to who reads it (uid 1000 and 1001); run `chown` on it there.",
    ],
  ])("%s is refused in one sentence, which quotes nothing of it", (_, found, words) => {
    expect(judgeCandidate(found, rules).complaints).toEqual([`${file}${words}`]);
  });

  test("that is too large is refused in one sentence", async () => {
    const path = join(await temporaryFolder(), "auth.json");
    await writeFile(path, "x".repeat(10 * 1024 * 1024));
    expect(judgeCandidate(await readRegularFile(path, MAX_TOKEN_FILE_BYTES), rules).complaints).toEqual([
      `${file} cannot be read: it is larger than 1048576 bytes; put the token file there anew.`,
    ]);
  });

  test("of root's passes where a container reads it as root", () => {
    const found = judgeCandidate(reading(good, { uid: 0 }), { ...rules, uids: [0, 1000] });
    expect(found.complaints).toEqual([]);
  });

  test("with a refresh token passes where the settings allow it", () => {
    const found = judgeCandidate(reading(text(login("a"))), { ...rules, allowRefreshToken: true });
    expect(found).toMatchObject({ kind: "login", complaints: [] });
  });
});

/** An API that answers every call in the same way, and remembers the last. */
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
  test("stores a proven file, 0600, and keeps its inode when it passes again", async () => {
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
    // As an API key it would be refused, or worse, outrank what the settings say.
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

  test("makes no call for a file that changed, or that is refused by its shape", async () => {
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

test("a copy that was tampered with is written anew, and only what nothing needs is removed", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "auth.json");
  const content = Buffer.from("x");
  const copy = { sha256: sha256Of(content), uid: own };
  const store = await ApprovedCopies.open(path);
  await store.store(copy, content);
  const stored = join(folder, "auth.d", `${copy.sha256}.${own}.json`);
  const { ino } = await stat(stored);
  for (const [spoil, why] of [
    [() => writeFile(stored, "tampered"), "has been edited"],
    [() => chmod(stored, 0o644), "has the mode 0644 instead of 0600"],
  ] as const) {
    await spoil();
    expect(copyFault(await readRegularFile(stored, 100), copy)).toBe(why);
    await store.store(copy, content);
    expect(await readFile(stored, "utf8")).toBe("x");
    expect(copyFault(await readRegularFile(stored, 100), copy)).toBeUndefined();
  }
  // A container that mounts it has this inode, and would go on with the damaged one.
  expect((await stat(stored)).ino).toBe(ino);
  await rm(stored);
  await symlink("/etc/passwd", stored);
  expect(copyFault(await readRegularFile(stored, 100), copy)).toBe("is a symlink instead of a file");
  await store.store(copy, content);
  expect(await readFile(stored, "utf8")).toBe("x");
  expect(copyFault(await readRegularFile(stored, 100), { ...copy, uid: own + 1 })).toBe(
    `belongs to user ${own}`,
  );
  await store.close();
  expect((await readApprovedCopies(path)).copies).toEqual([copy]);
  expect(unneededCopies([copy], new Set([copy.sha256]))).toEqual([]);
  expect(unneededCopies([copy], new Set(["other"]))).toEqual([copy]);
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
