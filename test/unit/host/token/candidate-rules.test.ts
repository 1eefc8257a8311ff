/** Which candidates the gate refuses before any call, and with which words. */
import type { Stats } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "../../../../host/token/candidate-rules.ts";
import { login, setupToken } from "../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import { readRegularFile, type FileReading } from "../../../../lib/regular-file.ts";

const file = "/srv/auth.json";
const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });
const rules = { file, gate: { allowRefreshToken: false }, uids: [1000, 1001] };

/** Returns a reading of a regular file. */
function reading(content: string, { mode = 0o100600, uid = 1000 } = {}): FileReading {
  return { kind: "file", content: Buffer.from(content), stat: { mode, uid } as Stats };
}

describe("a candidate", () => {
  const good = text(setupToken("a"));
  const fresh = "; put a fresh credentials file there.";

  test("with a valid setup token, mode 0600 and a user as its owner has no complaints", () => {
    expect(judgeCandidate(reading(good), rules)).toMatchObject({ kind: "setup-token", complaints: [] });
  });

  test.each<[string, FileReading, string]>([
    ["that is missing", { kind: "missing" }, " is missing; put the token file there."],
    [
      "that is a folder",
      { kind: "directory" },
      " is a folder instead of a file, as a container engine creates it for a missing mount; remove it, and put the token file itself there.",
    ],
    [
      "that is a link",
      { kind: "symlink" },
      " is a link instead of a file; move it away, and put the token file itself there.",
    ],
    [
      "that is a pipe",
      { kind: "other", what: "a named pipe" },
      " is a named pipe instead of a file; move it away, and put the token file itself there.",
    ],
    [
      "that this login may not read",
      { kind: "unreadable", why: "EACCES" },
      " cannot be read by this login (EACCES); set `become: sudo -n` for the token's host, or correct its rights.",
    ],
    ["that is empty", reading(""), ` is not a token file: it is empty${fresh}`],
    ["that holds only blanks", reading(" \n\n"), ` is not a token file: it is empty${fresh}`],
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
      " belongs to root, and not to the user who keeps it nor to its reader (uid 1000 and 1001); run `chown` on it there.",
    ],
  ])("%s is refused in one sentence that does not quote its content", (_, found, words) => {
    expect(judgeCandidate(found, rules).complaints).toEqual([`${file}${words}`]);
  });

  test("that is too large is refused in one sentence", async () => {
    const path = join(await temporaryFolder(), "auth.json");
    await writeFile(path, "x".repeat(10 * 1024 * 1024));
    expect(judgeCandidate(await readRegularFile(path, MAX_TOKEN_FILE_BYTES), rules).complaints).toEqual([
      `${file} cannot be read: it is larger than 1048576 bytes; put the token file there again.`,
    ]);
  });

  test("that belongs to root passes where a container reads it as root", () => {
    const found = judgeCandidate(reading(good, { uid: 0 }), { ...rules, uids: [0, 1000] });
    expect(found.complaints).toEqual([]);
  });

  test("with a refresh token passes where the settings allow it", () => {
    const found = judgeCandidate(reading(text(login("a"))), { ...rules, gate: { allowRefreshToken: true } });
    expect(found).toMatchObject({ kind: "login", complaints: [] });
  });
});
