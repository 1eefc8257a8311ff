/** Where a token is taken from on the operator's machine, and what is said of one that is none. */
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { shapeComplaints } from "../../../../../cli/rotate/steps/check.ts";
import { claudeEnvironment } from "../../../../../cli/rotate/claude-environment.ts";
import { newJournal, RotationFolder } from "../../../../../cli/rotate/journal.ts";
import { freshLogin, readKeychain, type LoginWorld } from "../../../../../cli/rotate/sources/login.ts";
import { contentOf } from "../../../../../cli/rotate/steps/obtain.ts";
import { scriptCommand } from "../../../../../cli/rotate/sources/setup-token.ts";
import { accountComplaint, terminalProblems } from "../../../../../cli/rotate/steps/prerequisites.ts";
import { reportText } from "../../../../../cli/rotate/report.ts";
import { failure } from "../../../../../cli/rotate/steps/roll-out.ts";
import { fateOf, taskComplaint } from "../../../../../cli/rotate/steps/verify.ts";
import { load } from "../../../../support/plan/fixtures.ts";
import { login, setupToken } from "../../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../../support/fakes/temporary-folder.ts";

const NOW = Date.parse("2026-05-22T03:00:00Z");
const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });
const place = { file: ".claude/.credentials.json", keychain: "Claude Code-credentials" };

describe("a login on this machine", () => {
  const [old, fresh] = [login("old"), login("new")];
  const before = { atMs: NOW, keychain: text(old) };

  /** A world in which the keychain has, look by look, what these say; the last one lasts. */
  function world(file: Awaited<ReturnType<LoginWorld["file"]>>, ...keychain: (string | undefined)[]) {
    let look = 0;
    return {
      file: () => Promise.resolve(file),
      keychain: () => Promise.resolve(keychain[Math.min(look++, keychain.length - 1)]),
      wait: () => Promise.resolve(),
    };
  }
  const file = (oauth: Record<string, unknown>, mtimeMs: number) => ({ text: text(oauth), mtimeMs });

  it("is taken from its file, where that was written by it", async () => {
    const written = world(file(fresh, NOW + 1000), undefined);
    expect(await freshLogin(written, before, place)).toEqual({ text: text(fresh), place: "file" });
  });

  it("is taken from the keychain, where the file lags behind it", async () => {
    const lagging = world(file(old, NOW - 86_400_000), text(fresh));
    expect(await freshLogin(lagging, before, place)).toMatchObject({ place: "keychain" });
  });

  it("is waited for while the keychain has a husk, or still the one from before", async () => {
    const slow = world(undefined, "{}", before.keychain, text(fresh));
    expect(await freshLogin(slow, before, place)).toMatchObject({ text: text(fresh) });
  });

  it("is not one that was there before", async () => {
    const nothing = world(file(old, NOW - 86_400_000), before.keychain);
    await expect(freshLogin(nothing, before, place)).rejects.toThrow(
      `The login wrote neither ~/.claude/.credentials.json nor the keychain's "Claude Code-credentials"`,
    );
  });

  test.each<[string, (json: string) => string]>([
    ["as it is", (json) => json],
    ["in hexadecimal", (json) => Buffer.from(json).toString("hex")],
  ])("is read from a keychain that prints it %s", async (_, encode) => {
    const folder = await temporaryFolder();
    const program = join(folder, "security");
    const json = text(login("new"));
    await writeFile(join(folder, "item"), encode(json));
    // As security(1): the item of this name on standard output, and 44 for one that is not there.
    const lines = [
      "#!/bin/sh",
      `[ "$1 $2 $4" = "find-generic-password -s -w" ] || exit 2`,
      `[ "$3" = "Claude Code-credentials" ] || exit 44`,
      `cat ${folder}/item; echo`,
    ];
    await writeFile(program, `${lines.join("\n")}\n`);
    await chmod(program, 0o755);
    const found = await readKeychain(program, place.keychain);
    expect(contentOf(found ?? "", "login", NOW)).toBe(`${json}\n`);
    expect(await readKeychain(program, "another")).toBeUndefined();
    expect(await readKeychain(join(folder, "missing"), place.keychain)).toBeUndefined();
  });
});

describe("Claude Code on this machine", () => {
  it("gets neither another credential or server than the person's own, nor other tools' secrets", () => {
    const own = { HOME: "/home/anca", PATH: "/bin", CLAUDE_CONFIG_DIR: "/home/anca/.claude", GHOSTTY: "1" };
    const others = ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN", "GH_TOKEN"];
    const secret = [...others, "GITHUB_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "VAULT_TOKEN"];
    const given = { ...own, ...Object.fromEntries(secret.map((name) => [name, "not-a-real-one"])) };
    expect(claudeEnvironment(given)).toEqual(own);
  });
});

describe("what is no token", () => {
  test.each<[string, string]>([
    ["nothing", ""],
    ["a word", "hello"],
    ["a cut one", "sk-ant-oat01-fakefakefake"],
    ["an emptied login", text({ accessToken: "" })],
  ])("is refused without being quoted: %s", (_, given) => {
    expect(() => contentOf(given, "stdin", NOW)).toThrow(/^What came from standard input is no token: /);
    expect(() => contentOf(given, "stdin", NOW)).not.toThrow(/fakefake|hello/);
  });
});

describe("a token's shape", () => {
  const [token] = load().tokens;

  it("has nothing against it when it cannot be refreshed and lives", () => {
    expect(shapeComplaints(setupToken("a"), token!, Date.now())).toEqual([]);
  });

  it("never loses its refresh token in silence", () => {
    expect(shapeComplaints(login("a"), token!, Date.now())).toEqual([
      expect.stringContaining("It is not stripped in silence"),
    ]);
    const allowed = { ...token!, gate: { ...token!.gate, allowRefreshToken: true } };
    expect(shapeComplaints(login("a"), allowed, Date.now())).toEqual([]);
  });

  it("is refused once it has expired", () => {
    expect(shapeComplaints(setupToken("a", { expiresAt: NOW }), token!, NOW)).toEqual([
      "This token has expired, at 2026-05-22T03:00:00.000Z; make a fresh one.",
    ]);
  });
});

describe("before anything is minted", () => {
  const wanted = { email: "platform@example.com", organization: "00000000-0000-4000-8000-000000000000" };
  const found = { loggedIn: true, email: "Platform@example.com", orgId: wanted.organization };

  it("the right account must be signed in", () => {
    expect(accountComplaint(found, wanted)).toBeUndefined();
    expect(accountComplaint(found, { email: undefined, organization: undefined })).toBeUndefined();
    expect(accountComplaint({ ...found, email: "me@example.com" }, wanted)).toBe(
      "me@example.com is signed in to Claude Code here instead of platform@example.com; run `claude auth login --claudeai --email platform@example.com`.",
    );
    expect(accountComplaint({ ...found, orgId: "another" }, wanted)).toContain("the organisation another");
    expect(accountComplaint({ loggedIn: false }, wanted)).toContain("Nobody is signed in");
  });

  it("there must be a terminal, and no Claude Code session around it", () => {
    expect(terminalProblems({}, true)).toEqual([]);
    expect(terminalProblems({}, false)).toEqual([expect.stringContaining("needs a terminal")]);
    expect(terminalProblems({ CLAUDECODE: "1" }, true)).toEqual([
      expect.stringContaining("inside a Claude Code session"),
    ]);
  });

  it("the terminal is wide enough, by either script(1)", () => {
    expect(scriptCommand("linux", "/opt/my claude", "/tmp/r")).toEqual([
      "script",
      "--quiet",
      "--return",
      "--command",
      `/bin/sh -c 'stty cols 320 rows 50; exec '\\''/opt/my claude'\\'' setup-token'`,
      "/tmp/r",
    ]);
    expect(scriptCommand("darwin", "/opt/claude", "/tmp/r").slice(0, 4)).toEqual([
      "script",
      "-q",
      "/tmp/r",
      "/bin/sh",
    ]);
  });
});

describe("what is left on this machine", () => {
  it("is private, and the journal has no place for a secret", async () => {
    const folder = new RotationFolder("test-platform", { XDG_STATE_HOME: await temporaryFolder() });
    const secret = text(setupToken("secret"));
    const kept = await folder.keep(secret);
    const journal = { ...newJournal("why"), target: "a".repeat(64) };
    await folder.write(journal);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect((await stat(join(kept, ".."))).mode & 0o777).toBe(0o700);
    expect(await folder.journal()).toEqual(journal);
    expect(await readFile(join(kept, "../journal.json"), "utf8")).not.toContain("fake-access");
    expect(await folder.kept()).toBe(secret);
    await folder.drop();
    expect(await folder.kept()).toBeUndefined();
    await folder.finish("report");
    expect(await folder.journal()).toBeUndefined();
  });

  it("that is damaged says how to begin anew", async () => {
    const folder = new RotationFolder("test-platform", { XDG_STATE_HOME: await temporaryFolder() });
    await writeFile(await folder.place("journal.json"), "{");
    await expect(folder.journal()).rejects.toThrow("remove it to begin anew");
  });
});

test("the report says of each step how it ended, and what was found beside them", () => {
  const entry = { at: "2026-05-22T03:00:00Z", took: 1500, outcome: "done" as const };
  const journal = {
    ...newJournal("dead (SEV2)", new Date(NOW)),
    id: "1",
    target: "a".repeat(64),
    source: "stdin",
    entries: [
      { ...entry, step: "check" as const, outcome: "failed" as const, said: "the API is away" },
      { ...entry, step: "check" as const, said: "the API has answered it | good" },
      { ...entry, step: "check" as const, outcome: "skipped" as const, said: "delivered" },
    ],
  };
  const parts = {
    journal,
    fleet: "prod",
    token: "platform",
    by: "boris@laptop",
    now: "2026-05-22T03:10:00Z",
  };
  expect(reportText({ ...parts, findings: ["The former token is refused."] }))
    .toBe(`### Token \`platform\` of fleet \`prod\` rotated

- when: 2026-05-22T03:10:00Z (begun 2026-05-22T03:00:00.000Z)
- by: boris@laptop
- why: dead (SEV2)
- file: \`aaaaaaaaaaaa\`, from stdin

| step | result | took |
| --- | --- | --- |
| Check the token | the API has answered it \\| good | 1.5 s |

- The former token is refused.
`);
});

describe("after the rollout", () => {
  it("a task must have cost nothing, by a source that is free", () => {
    const free = { freeSources: ["max_subscription"] };
    expect(taskComplaint({ cost: 0, source: "max_subscription" }, free)).toBeUndefined();
    expect(taskComplaint({ cost: 0, source: "x" }, { freeSources: [] })).toBeUndefined();
    expect(taskComplaint({ cost: 0.01, source: "max_subscription" }, free)).toContain("cost 0.01");
    expect(taskComplaint({ cost: 0, source: "api_key" }, free)).toContain("none of max_subscription");
  });

  it("the former token's fate is told", () => {
    const former = (outcome: "ok" | "refused" | "upstream") => ({
      former: { sha256: "b".repeat(64), call: { outcome, why: "" } },
    });
    expect(fateOf({ former: null })).toEqual([]);
    expect(fateOf(former("ok"))[0]).toContain("bbbbbbbbbbbb, still works");
    expect(fateOf(former("refused"))[0]).toContain("is refused by now");
    expect(fateOf(former("upstream"))[0]).toContain("is not known");
  });

  it("what Pulumi said is told once, with the way on", () => {
    const lines = [
      "  error: update failed",
      "    error: The token was refused.",
      "    error: The token was refused.",
    ];
    expect(failure(lines, "prod")).toEqual([
      "The token was refused.",
      expect.stringContaining("claude-fleet rotate --back"),
    ]);
    expect(failure(["error: the stack is currently locked by 1 lock(s)."], "prod")).toEqual([
      expect.stringContaining("npx pulumi cancel --yes --stack prod"),
    ]);
  });
});
