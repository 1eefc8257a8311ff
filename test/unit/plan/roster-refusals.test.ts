import { describe, expect, it } from "vitest";
import { roster } from "../../../plan/schema/roster.ts";
import { load, problems, ROSTER, rosterWith } from "../../support/plan/fixtures.ts";

const USER_KEYS = Object.keys(roster.shape.users.valueType.shape).join(", ");

const NAME =
  "must be a user name: a lower-case letter or _, then lower-case letters, digits, and . _ - inside, 32 characters at most";

describe("user names", () => {
  it.each(["alice", "john.doe", "anca_elena98", "a-b", "_svc", "a", "x".repeat(32), "u-", "john_doe.x"])(
    "%s is accepted and stays as it is",
    (name) => {
      const [user] = load({ roster: rosterWith(name) }).workstations[0]!.users;
      expect(user).toMatchObject({
        name,
        policy: `claude-test-${name}`,
        dataPath: `secret/data/workstation/claude-users/${name}`,
        metadataPath: `secret/metadata/workstation/claude-users/${name}`,
      });
    },
  );

  it.each([
    "../x",
    "a b",
    "-rf",
    "root;id",
    "+",
    "*",
    "",
    "x".repeat(33),
    "Alice",
    "toStrinG",
    "a/b",
    "a..b",
    "john.",
    ".john",
    "1abc",
    "a$",
    "a@b",
    "a%i",
    "a\\x2d",
    "a\n",
    "a\u0000",
    "{{x}}",
    "alіce",
    "ａlice",
    "a\u200bb",
  ])("%j is refused with its line", (name) => {
    const [problem, ...others] = problems({ roster: rosterWith(name) });
    expect(others).toEqual([]);
    expect(problem).toContain("roster.yaml:4:3  users");
    expect(problem).toContain(NAME);
    expect(problem).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("are refused with the character that only looks like a letter", () => {
    expect(problems({ roster: rosterWith("alіce") })[0]).toContain("; it holds U+0456");
  });

  it.each(["toString", "__proto__", "constructor", "hasOwnProperty"])(
    "%s is refused because it has a meaning in JavaScript",
    (name) => {
      expect(problems({ roster: rosterWith(name) })).toEqual([
        `roster.yaml:4:3  users.${name}: this word has a meaning in JavaScript and cannot be a name or a key (value "${name}"). Use another name.`,
      ]);
    },
  );

  it.each(["root", "nobody"])("%s is refused as a system account", (name) => {
    expect(problems({ roster: rosterWith(name) })[0]).toContain("is a system account");
  });

  it.each(["x.service", "x.timer", "x.d"])(
    "%s is refused because systemd would read it as a unit",
    (name) => {
      expect(problems({ roster: rosterWith(name) })[0]).toContain("ends like the name of a systemd unit");
    },
  );
});

describe("a user who had another name", () => {
  const named = (...lines: string[]) => `${ROSTER}${lines.map((line) => `  ${line}\n`).join("")}`;
  const entry = (formerly: string) => `{ workstation: devvm, email: a@example.com, formerly: ${formerly} }`;

  it("keeps policy and backups under that name", () => {
    const { users } = load({ roster: named(`b.smith: ${entry("bob")}`) }).workstations[0]!;
    expect(users.find(({ name }) => name === "b.smith")).toMatchObject({
      formerly: "bob",
      policy: "claude-test-bob",
      dataPath: "secret/data/workstation/claude-users/bob",
      metadataPath: "secret/metadata/workstation/claude-users/bob",
    });
  });

  it.each([
    ["another user's", [`b.smith: ${entry("alice")}`], "users.b.smith.formerly: is the name of users.alice"],
    ["their own", [`bob: ${entry("bob")}`], "users.bob.formerly: is the name of users.bob"],
    [
      "another user's former name",
      [`b.smith: ${entry("bob")}`, `b.jones: ${entry("bob")}`],
      "users.b.jones.formerly: is the name of users.b.smith.formerly",
    ],
    ["no name", [`b.smith: ${entry('"../x"')}`], "users.b.smith.formerly: must be a user name"],
  ])("may not be called by %s", (_, lines, expected) => {
    const found = problems({ roster: named(...lines) });
    expect(found).toHaveLength(1);
    expect(found[0]!.replaceAll('"', "")).toContain(expected);
  });
});

describe("YAML that says more than one thing", () => {
  it.each<[string, string, string]>([
    [
      "a key twice",
      ROSTER + "  alice: {workstation: devvm, email: b@example.com}\n",
      `roster.yaml:9:3  this key is twice in the same map (value "alice"). Remove one of the two.`,
    ],
    [
      "a second document",
      ROSTER + "---\nusers: {}\n",
      "roster.yaml:9:1  a second YAML document begins here. Keep one document in the file.",
    ],
    [
      "a merge key",
      ROSTER + "    <<: {renewal: false}\n",
      'roster.yaml:9:5  users.alice."<<": merge keys are not used here. Write the entry out.',
    ],
    [
      "an alias of a list",
      ROSTER + "  x-a: &a [x, x]\n  x-b: &b [*a, *a]\n  bob: *b\n",
      'roster.yaml:11:8  users.bob: an alias may stand for a single value only (value "*b"). Write the entry out.',
    ],
    [
      "a key that is a list",
      ROSTER + "? [bob]\n: {}\n",
      "roster.yaml:9:3  this key is not text. Write the key as text.",
    ],
    [
      "a tag",
      ROSTER.replace("alice@example.com", "!!binary YQ=="),
      'roster.yaml:8:21  users.alice.email: the tag "tag:yaml.org,2002:binary" is not used here. Write the plain value.',
    ],
    ["a tab", ROSTER + "\tbob: 1\n", "roster.yaml:9:1  a tab indents this line. Indent with spaces."],
  ])("%s is refused", (_, roster, expected) => {
    expect(problems({ roster })).toContain(expected);
  });

  it("refuses a roster that is not a map", () => {
    expect(problems({ roster: "" })).toEqual([
      "roster.yaml:1:1  the roster is empty. Write the keys workstations and users.",
    ]);
    expect(problems({ roster: "- a\n" })).toEqual([
      "roster.yaml:1:1  the roster must be a map. Write the keys workstations and users.",
    ]);
  });

  it("ends quickly on text that is too long or too deep", () => {
    expect(problems({ roster: "[".repeat(50_000) }).join()).toContain("nested too deeply");
    expect(problems({ roster: `# ${"x".repeat(4 * 1024 * 1024)}` })[0]).toContain("more than 4194304");
  });
});

describe("entries", () => {
  it.each<[string, string, string[]]>([
    [
      "an unknown workstation",
      ROSTER.replace("workstation: devvm", "workstation: devm"),
      [
        'roster.yaml:7:18  users.alice.workstation: no workstation of this name is in the roster (value "devm"). Did you mean "devvm"?',
      ],
    ],
    [
      "a secret in a field",
      ROSTER.replace("become: sudo -n", "become: sudo -n sk-ant-oat01-not-a-real-token"),
      [
        "roster.yaml:4:13  workstations.devvm.become: looks like a secret, and would be readable in the state (value hidden, it looks like a secret). Remove it. Keep the secret in a file on the host that uses it, and name that file here.",
      ],
    ],
    [
      "unknown keys, with the keys that were meant",
      ROSTER.replace("become", "becom").replace("users:", "usres:"),
      [
        "roster.yaml:1:1  users: is missing or empty. Write one entry for each name, or {} for none.",
        'roster.yaml:4:5  workstations.devvm.becom: is an unknown key. Did you mean "become"?',
        'roster.yaml:5:1  usres: is an unknown key. Did you mean "users"?',
      ],
    ],
    [
      "several problems at once, in the file's order",
      ROSTER.replace("alice@example.com", "alice").replace("deploy@", "-oProxyCommand=x@") +
        "    claude: claude\n",
      [
        'roster.yaml:3:10  workstations.devvm.ssh: must be an ssh destination: user@host, ssh://user@host:port, or an alias of ssh_config (value "-oProxyCommand=x@devvm.example.net"). Write something like deploy@devvm.example.net.',
        'roster.yaml:8:12  users.alice.email: must be an e-mail address (value "alice"). Write something like alice@example.com.',
        'roster.yaml:9:13  users.alice.claude: must be an absolute path without . or .. in it and without a slash at its end (value "claude"). Write something like /home/alice/.local/bin/claude.',
      ],
    ],
    [
      "a missing value, with the line of its entry",
      ROSTER.replace("    email: alice@example.com\n", ""),
      [
        "roster.yaml:6:3  users.alice.email: is missing; it must be an e-mail address. Write something like alice@example.com.",
      ],
    ],
    [
      "an empty entry",
      ROSTER + "  bob:\n",
      [`roster.yaml:9:3  users.bob: is missing or empty. Write a map with the keys ${USER_KEYS}.`],
    ],
    [
      "the same host twice",
      ROSTER.replace("users:", "  other: { ssh: ssh://root@DEVVM.example.net:22 }\nusers:"),
      [
        'roster.yaml:5:17  workstations.other.ssh: is the same host as workstations.devvm.ssh (value "ssh://root@DEVVM.example.net:22"). Keep one entry, and put the users of both there.',
      ],
    ],
    [
      "two ways to one host",
      ROSTER.replace("    become: sudo -n\n", "    local: true\n"),
      [
        "roster.yaml:3:5  workstations.devvm: says both ssh and local: true (value a map of ssh, local). Write `ssh: <destination>` for a host reached by ssh, or `local: true` for this machine.",
      ],
    ],
  ])("%s", (_, roster, expected) => {
    expect(problems({ roster })).toEqual(expected);
  });

  it.each([
    "-oProxyCommand=id",
    "a b",
    "a@-oX",
    "host;id",
    "ssh://a@b:99999",
    "ssh://-x",
    "a@b@c",
    "$(id)",
    "host%h",
    "host\n",
    "",
  ])("%j is refused as an ssh destination", (ssh) => {
    const roster = ROSTER.replace("deploy@devvm.example.net", JSON.stringify(ssh));
    expect(problems({ roster }).join()).toContain("must be an ssh destination");
  });

  it.each([
    "devvm",
    "deploy@devvm",
    "ssh://deploy@devvm.example.net:2222",
    "ssh://[fe80::1]:22",
    "u@fe80::1",
    "10.0.0.1",
  ])("%s is an ssh destination", (ssh) => {
    const plan = load({ roster: ROSTER.replace("deploy@devvm.example.net", JSON.stringify(ssh)) });
    expect(plan.workstations[0]!.address).toEqual({ kind: "ssh", destination: ssh, become: ["sudo", "-n"] });
  });

  it.each(["sudo; id", "-n", "sudo 'x'", "$(id)", ""])(
    "%j is refused as a command that becomes root",
    (become) => {
      const roster = ROSTER.replace("sudo -n", JSON.stringify(become));
      expect(problems({ roster })[0]).toContain(
        "roster.yaml:4:13  workstations.devvm.become: must be a command",
      );
    },
  );

  it("takes an alias of a single value, and ignores x-… keys anywhere", () => {
    const roster = `x-org: &org 00000000-0000-4000-8000-00000000000A\n${ROSTER}    organization: *org\n    x-note: {any: [thing]}\n`;
    expect(load({ roster }).workstations[0]!.users[0]!.organization).toBe(
      "00000000-0000-4000-8000-00000000000a",
    );
  });

  it("keeps each problem on one line, even with line breaks in names", () => {
    const roster = ROSTER.replace("  devvm:", '  "dev\\nvm\\e[31m":');
    for (const problem of problems({ roster })) expect(problem).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(problems({ roster }).join(" ")).toContain("Known are dev\\u000avm\\u001b[31m.");
  });

  it("never shows what looks like a secret", () => {
    const secret = ["sk", "ant", "oat01", "not-a-real-one"].join("-");
    const text = problems({ roster: ROSTER.replace("alice@example.com", secret) + `  ${secret}: {}\n` }).join(
      "\n",
    );
    expect(text).toContain("hidden, it looks like a secret");
    expect(text).not.toContain(secret);
  });
});
