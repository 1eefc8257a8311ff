/** What a credentials file holds. No error quotes the file. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  credentialKind,
  credentialsPath,
  fingerprint,
  incompleteness,
  isRefreshable,
  parseCredentials,
  readCredentials,
} from "../../../claude/credentials.ts";
import { login, setupToken } from "../../support/fakes/login.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

test.each([
  ["", "corrupt"],
  ["fake-secret", "corrupt"],
  ["[]", "corrupt"],
  ["null", "corrupt"],
  ["{}", "none"],
  ['{"mcpOAuth":{"a":1}}', "none"],
  ['{"claudeAiOauth":"x"}', "corrupt"],
  ['{"claudeAiOauth":{}}', "corrupt"],
  ['{"claudeAiOauth":{"accessToken":5}}', "corrupt"],
  ['{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}', "blank"],
  ['{"claudeAiOauth":{"accessToken":"a"}}', "usable"],
])("%s is %s", (text, kind) => {
  const state = parseCredentials(text);
  expect(state.kind).toBe(kind);
  expect("why" in state ? state.why : "").not.toContain("fake-secret");
});

test("the fingerprint hashes the refresh token, or the access token where there is none", () => {
  const first = login("a");
  expect(fingerprint(first)).toMatch(/^[0-9a-f]{16}$/);
  expect(fingerprint({ ...first, accessToken: "other", expiresAt: 5 })).toBe(fingerprint(first));
  expect(fingerprint({ ...first, refreshToken: "other" })).not.toBe(fingerprint(first));
  expect(fingerprint(setupToken("a"))).not.toBe(fingerprint(setupToken("b")));
});

describe("a credential without a refresh token", () => {
  const scopes = ["user:inference"];

  test.each([
    ["the scope of inference alone", { scopes }, "setup-token"],
    ["the scopes of a login", {}, "partial"],
    ["the end of a login", { scopes, refreshTokenExpiresAt: 5 }, "partial"],
    ["no scopes", { scopes: undefined }, "partial"],
    ["a scope that is a text", { scopes: "user:inference" }, "partial"],
  ])("with %s is a %s", (_, changes, kind) => {
    expect(credentialKind(setupToken("a", changes))).toBe(kind);
    for (const refreshToken of ["", " \n", null])
      expect(credentialKind({ ...setupToken("a", changes), refreshToken })).toBe(kind);
  });

  test.each([[0], [5], [true], [false], [{}], [[]], ["null"], ["undefined"]])(
    "is partial when something else stands in its place: %j",
    (refreshToken) => {
      expect(credentialKind({ ...setupToken("a", { scopes }), refreshToken })).toBe("partial");
      expect(isRefreshable(login("a", { refreshToken }))).toBe(false);
    },
  );

  test("differs from a login", () => {
    expect(credentialKind(login("a"))).toBe("login");
    expect(credentialKind(login("a", { scopes }))).toBe("login");
    expect(isRefreshable(login("a"))).toBe(true);
  });
});

test.each([
  [{}, undefined],
  [{ scopes: "user:inference" }, "claudeAiOauth.scopes is not a list"],
  [{ scopes: ["user:profile"] }, 'claudeAiOauth.scopes does not hold "user:inference"'],
  [{ expiresAt: 0 }, "claudeAiOauth.expiresAt is not a time in milliseconds"],
  [{ accessToken: " " }, "claudeAiOauth.accessToken is empty"],
])("with %j it lacks: %s", (changes, lacking) => {
  expect(incompleteness(login("a", changes))).toBe(lacking);
});

test("only a link to the user's own file in the home is followed", async () => {
  const home = await temporaryFolder();
  const outside = await temporaryFolder();
  expect(await readCredentials(home)).toEqual({ kind: "none" });
  await mkdir(join(home, ".claude"));
  const content = JSON.stringify({ claudeAiOauth: login("a") });
  await writeFile(join(home, "kept.json"), content);
  await symlink("../kept.json", credentialsPath(home));
  expect((await readCredentials(home)).kind).toBe("usable");

  const second = await temporaryFolder();
  await mkdir(join(second, ".claude"));
  await writeFile(join(outside, "kept.json"), content);
  await symlink(join(outside, "kept.json"), credentialsPath(second));
  expect((await readCredentials(second)).kind).toBe("unreadable");

  const third = await temporaryFolder();
  await mkdir(credentialsPath(third), { recursive: true });
  expect(await readCredentials(third)).toEqual({
    kind: "unreadable",
    why: "it is a folder, not a regular file",
  });
});
