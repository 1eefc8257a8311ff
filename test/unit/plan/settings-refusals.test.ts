import { describe, expect, it } from "vitest";
import { load, problems, settingsOf, STACK } from "../../support/plan/fixtures.ts";

/** The stack with one more setting, or with one line replaced. */
const withSetting = (line: string) => `${STACK}  ${line}\n`;
const service = (more: string) => STACK.replace("uid: 1000 }", `uid: 1000, ${more} }`);

/** Where a fragment of the stack's file begins, as messages name it. */
function at(stack: string, fragment: string): string {
  const lines = stack.slice(0, stack.indexOf(fragment)).split("\n");
  return `Pulumi.test.yaml:${lines.length}:${lines.at(-1)!.length + 1}`;
}

const BAD_CHECK = service("healthcheck: { test: [curl] }");
const OUTRANKING = service("environment: { CLAUDE_CODE_OAUTH_TOKEN: x }");
const SECRET = service("environment: { DB_PASSWORD: hunter2 }");
const OVER_TOKEN = service("mounts: [{ source: /srv/data, target: /run/auth.json }]");
const PAST_GATE = service("mounts: [{ source: /srv/claude/auth.json, target: /run/other.json }]");

const more = (lines: string) => STACK.replace("      services:", `      ${lines}\n      services:`);
const SHORT_MARKER = more("diagnosis: { logs: { noise: [ab] } }");
const RELATIVE_COMMAND = more("rotation: { task: [run-task] }");
const OUTSIDE_HOME = more("rotation: { login: { file: /etc/passwd } }");
const NO_VARIABLE = more("rotation: { environment: { file: /srv/.env, variables: [A-B] } }");
const NO_REPOSITORY = more("rotation: { issue: { repository: platform, number: 1 } }");
const PLAIN_ALERTS = more("rotation: { alert: { alertmanager: 'http://a.example.net', name: x } }");

describe("settings", () => {
  it("have defaults, except for values that only the user knows", () => {
    const plan = load();
    expect(plan).toMatchObject({
      fleet: "test",
      ssh: { configFile: undefined },
      vault: {
        namespace: "",
        mount: "secret",
        prefix: "workstation/claude-users",
        manageMount: false,
        role: "claude-test",
        policyGlob: "claude-test-*",
        tokenPeriodSeconds: 2_764_800,
        tokenBoundCidrs: [],
        rotateTokensAfterSeconds: undefined,
      },
      renewal: {
        everySeconds: 21_600,
        spreadSeconds: 1800,
        minClaudeVersion: "2.1.225",
        claudeWaitSeconds: 900,
        maxChangesPerUp: 25,
        adopt: false,
        purgeBackupsOf: [],
        waits: {
          rereadSeconds: 2,
          blankRereadSeconds: 60,
          deadRereadSeconds: 5,
          lockRetrySeconds: 75,
          lockStealSeconds: 60,
          refreshFailingSeconds: 43_200,
          transientSeconds: 86_400,
          unprovenSeconds: 86_400,
          backupRetrySeconds: 300,
        },
      },
    });
    expect(plan.tokens[0]).toMatchObject({
      gate: { probe: "cli", allowRefreshToken: false, apiUrl: "https://api.anthropic.com", model: "haiku" },
      rollout: { maxUnavailable: 1, gracePeriodSeconds: 30, healthTimeoutSeconds: 60 },
      driver: { kind: "docker" },
      services: [{ ports: [], networks: [], mounts: [], environment: [], restart: "unless-stopped" }],
    });
  });

  it("name the model in the words of the probe", () => {
    const withGate = (gate: string) =>
      load({ stack: STACK.replace("      services:", `      gate: ${gate}\n      services:`) }).tokens[0]
        ?.gate;
    expect(withGate("{ probe: https }")).toMatchObject({ probe: "https", model: "claude-haiku-4-5" });
    expect(withGate("{ probe: cli, model: sonnet }")).toMatchObject({ model: "sonnet" });
  });

  it("take networks in any order, and the age at which tokens are replaced", () => {
    const vault = "tokenBoundCidrs: [192.0.2.7/32, 10.0.0.0/8, 192.0.2.7]\n    rotateTokensAfter: 30d";
    expect(load({ stack: STACK.replace("net\n", `net\n    ${vault}\n`) }).vault).toMatchObject({
      tokenBoundCidrs: ["10.0.0.0/8", "192.0.2.7"],
      rotateTokensAfterSeconds: 30 * 86_400,
    });
  });

  it("are taken as text, because Pulumi hands over single values as text", () => {
    const settings = settingsOf(STACK);
    settings["renewal"] = { adopt: "true", maxChangesPerUp: "7" };
    expect(load({ settings }).renewal).toMatchObject({ adopt: true, maxChangesPerUp: 7 });
  });

  it("resolve relative paths from the project's folder, and a compose file from its directory", () => {
    const stack = STACK.replace("net\n", "net\n    caFile: ca.pem\n")
      .replace(
        "      services:",
        "      driver: { compose: { file: compose.yml, directory: /opt/app } }\n      services:",
      )
      .replace('image: "app:1", ', "");
    const ca = { file: "ca.pem", text: "-----BEGIN CERTIFICATE-----\n" };
    const plan = load({ stack: `${stack}  claude-fleet:ssh: { configFile: ssh/config }\n`, ca });
    expect(plan.vault).toMatchObject({ caFile: "/project/ca.pem", caPem: ca.text });
    expect(plan.ssh.configFile).toBe("/project/ssh/config");
    expect(plan.tokens[0]!.driver).toEqual({
      kind: "compose",
      file: "/opt/app/compose.yml",
      directory: "/opt/app",
    });
  });

  it.each<[string, string, string]>([
    [
      "an unknown setting",
      withSetting("claude-fleet:tokns: {}"),
      'Pulumi.test.yaml:11:3  claude-fleet:tokns: is an unknown setting. Did you mean "tokens"?',
    ],
    [
      "a fleet's name with a dash, which the glob of another fleet could match",
      STACK.replace("fleet: test", "fleet: test-two"),
      'Pulumi.test.yaml:2:23  claude-fleet:fleet: must be a fleet\'s name: a lower-case letter, then lower-case letters and digits, 20 at most (value "test-two"). Write something like prod.',
    ],
    [
      "no Vault",
      STACK.replace("address:", "adress:"),
      "Pulumi.test.yaml:3:3  claude-fleet:vault.address: is missing; it must be a URL. Write something like https://vault.example.net.",
    ],
    [
      "plain http to a host that is not local",
      STACK.replace("https://vault", "http://vault"),
      'Pulumi.test.yaml:4:14  claude-fleet:vault.address: plain http would carry tokens unencrypted to a host that is not local (value "http://vault.example.net"). Write https, as in https://vault.example.net.',
    ],
    [
      "a URL with a password, which is not shown",
      STACK.replace("https://vault", "https://me:hunter2@vault"),
      'Pulumi.test.yaml:4:14  claude-fleet:vault.address: must be the URL of a server, without user, query or fragment (value "https://me:…@vault.example.net"). Write something like https://vault.example.net.',
    ],
    [
      "a network with a wrong prefix",
      STACK.replace("net\n", "net\n    tokenBoundCidrs: [10.0.0.0/8, 10.0.0.0/33]\n"),
      'Pulumi.test.yaml:5:35  claude-fleet:vault.tokenBoundCidrs[1]: has no prefix from 1 to 32 (value "10.0.0.0/33"). Write something like 10.20.0.0/16.',
    ],
    [
      "an address with a network's prefix",
      STACK.replace("net\n", "net\n    tokenBoundCidrs: [10.1.2.3/8]\n"),
      'Pulumi.test.yaml:5:23  claude-fleet:vault.tokenBoundCidrs[0]: is an address within a network, not the network (value "10.1.2.3/8"). Write 10.0.0.0/8 for the network, or 10.1.2.3 for the one address.',
    ],
    [
      "an age at which each `up` would replace tokens",
      STACK.replace("net\n", "net\n    rotateTokensAfter: 1h\n"),
      'Pulumi.test.yaml:5:24  claude-fleet:vault.rotateTokensAfter: must be a duration of at least 1d (value "1h"). Write something like 30d.',
    ],
    [
      "a purge of the backups of a user who is renewed",
      withSetting("claude-fleet:renewal: { purgeBackupsOf: [alice] }"),
      'Pulumi.test.yaml:11:44  claude-fleet:renewal.purgeBackupsOf[0]: is renewed: the roster has users.alice (value "alice"). Take the user out of the roster first, or out of this list.',
    ],
    [
      "a purge that names a user twice",
      withSetting("claude-fleet:renewal: { purgeBackupsOf: [bob, bob] }"),
      'Pulumi.test.yaml:11:49  claude-fleet:renewal.purgeBackupsOf[1]: is the same user as renewal.purgeBackupsOf[0] (value "bob"). Name each user once.',
    ],
    [
      "an interval that cannot be spaced evenly",
      withSetting("claude-fleet:renewal: { every: 5h }"),
      'Pulumi.test.yaml:11:34  claude-fleet:renewal.every: cannot be spaced evenly over a day (value "5h"). Write one of 10s, 12s, 15s, 20s or 30s; 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m or 30m; 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h.',
    ],
    [
      "a spread longer than the interval",
      withSetting("claude-fleet:renewal: { every: 10m, spread: 30m }"),
      'Pulumi.test.yaml:11:47  claude-fleet:renewal.spread: must not be longer than `every` (value "30m"). Write a shorter spread, such as 30m for every: 6h.',
    ],
    [
      "a relative token file",
      STACK.replace("/srv/claude/auth.json", "auth.json"),
      'Pulumi.test.yaml:8:13  claude-fleet:tokens.platform.file: must be an absolute path without . or .. in it and without a slash at its end (value "auth.json"). Write something like /home/deploy/.config/claude-code/auth.json.',
    ],
    [
      "an unknown driver",
      STACK.replace("      services:", "      driver: podman\n      services:"),
      'Pulumi.test.yaml:9:15  claude-fleet:tokens.platform.driver: is no driver (value "podman"). Write docker, or {compose: {file: docker-compose.production.yml, directory: /opt/platform}}.',
    ],
    [
      "an image beside a compose file",
      STACK.replace(
        "      services:",
        "      driver: { compose: { file: c.yml, directory: /opt } }\n      services:",
      ),
      "Pulumi.test.yaml:11:50  claude-fleet:tokens.platform.services[0].image: belongs to the compose file, which describes the containers with this driver. Write it there, and remove it here.",
    ],
    [
      "a container user who could not read the token",
      STACK.replace("uid: 1000", 'uid: 1000, user: "1001:1001"'),
      "Pulumi.test.yaml:10:95  claude-fleet:tokens.platform.services[0].uid: is not the user that the container runs as, 1001, which could not read the token (value 1000). Write uid: 1001. Where the engine maps users, write the host's number for that user.",
    ],
    [
      "a CA that cannot be read",
      STACK.replace("net\n", "net\n    caFile: ca.pem\n"),
      'Pulumi.test.yaml:5:13  claude-fleet:vault.caFile: names a file that cannot be read (value "ca.pem"). Name the PEM file of the CA that signs Vault\'s certificate, or leave it empty.',
    ],
    [
      "a token's hostile name",
      STACK.replace("platform:", "../x:"),
      'Pulumi.test.yaml:6:5  claude-fleet:tokens."../x": must be a token\'s name: a lower-case letter, then lower-case letters, digits and dashes, 32 at most (value "../x"). Write something like platform.',
    ],
    [
      "a healthcheck in an unknown form",
      BAD_CHECK,
      `${at(BAD_CHECK, "[curl]")}  claude-fleet:tokens.platform.services[0].healthcheck.test: must begin with CMD or CMD-SHELL and name a command (value a list of 1). Write ["CMD", "program"], ["CMD-SHELL", "one command line"] or ["NONE"].`,
    ],
    [
      "a variable that outranks the token",
      OUTRANKING,
      `${at(OUTRANKING, "CLAUDE_CODE")}  claude-fleet:tokens.platform.services[0].environment.CLAUDE_CODE_OAUTH_TOKEN: would outrank the mounted token. Remove it: the container takes the token from its mounted file.`,
    ],
    [
      "a secret in the environment, whose value is not shown",
      SECRET,
      `${at(SECRET, "DB_PASS")}  claude-fleet:tokens.platform.services[0].environment.DB_PASSWORD: looks like a secret, and would be readable in the state. Hand it to the container as a file instead, and name that file here.`,
    ],
    [
      "a log text that is too short",
      SHORT_MARKER,
      `${at(SHORT_MARKER, "ab]")}  claude-fleet:tokens.platform.diagnosis.logs.noise[0]: must be a text of 3 to 200 characters on one line (value "ab"). Write something like llm_auth_refresh_token_revoked.`,
    ],
    [
      "a command without an absolute path",
      RELATIVE_COMMAND,
      `${at(RELATIVE_COMMAND, "[run-task]")}  claude-fleet:tokens.platform.rotation.task: must be the words of a command, an absolute path first (value a list of 1). Write something like [/opt/platform/bin/run-small-task].`,
    ],
    [
      "a login outside of the home",
      OUTSIDE_HOME,
      `${at(OUTSIDE_HOME, "/etc/passwd")}  claude-fleet:tokens.platform.rotation.login.file: must lie below the home of the person who rotates (value "/etc/passwd"). Write something like .claude/.credentials.json.`,
    ],
    [
      "a wrong name of a variable",
      NO_VARIABLE,
      `${at(NO_VARIABLE, "A-B")}  claude-fleet:tokens.platform.rotation.environment.variables[0]: must be the name of an environment variable (value "A-B"). Write something like CLAUDE_CODE_OAUTH_TOKEN.`,
    ],
    [
      "a repository without its owner",
      NO_REPOSITORY,
      `${at(NO_REPOSITORY, "platform, number")}  claude-fleet:tokens.platform.rotation.issue.repository: must be a GitHub repository (value "platform"). Write something like example/platform.`,
    ],
    [
      "an Alertmanager over plain http",
      PLAIN_ALERTS,
      `${at(PLAIN_ALERTS, "'http://a")}  claude-fleet:tokens.platform.rotation.alert.alertmanager: plain http would carry tokens unencrypted to a host that is not local (value "http://a.example.net"). Write https, as in https://alertmanager.example.net.`,
    ],
    [
      "a mount over the token",
      OVER_TOKEN,
      `${at(OVER_TOKEN, "/run/auth.json }]")}  claude-fleet:tokens.platform.services[0].mounts[0].target: is the same target as tokens.platform.services[0].target (value "/run/auth.json"). Use another target.`,
    ],
    [
      "a mount that brings the token into the container without the gate",
      PAST_GATE,
      `${at(PAST_GATE, "/srv/claude/auth.json, target")}  claude-fleet:tokens.platform.services[0].mounts[0].source: would bring the token into the container without the gate (value "/srv/claude/auth.json"). Remove this mount: the token is mounted at the service's own target.`,
    ],
    [
      "the same container twice",
      STACK +
        '        - { name: two, container: one-container, image: "app:1", target: /run/b.json, uid: 1000 }\n',
      'Pulumi.test.yaml:11:35  claude-fleet:tokens.platform.services[1].container: is the same container as tokens.platform.services[0].container (value "one-container"). Use another name: a container belongs to one service.',
    ],
    [
      "the same service twice",
      STACK +
        '        - { name: one, container: two-container, image: "app:1", target: /run/b.json, uid: 1000 }\n',
      'Pulumi.test.yaml:11:19  claude-fleet:tokens.platform.services[1].name: is the same name as tokens.platform.services[0].name (value "one"). Use another name.',
    ],
    [
      "the same file under two tokens",
      STACK +
        "    other: { host: { ssh: root@vps.example.net }, file: /srv/claude/auth.json, services: [] }\n",
      'Pulumi.test.yaml:11:57  claude-fleet:tokens.other.file: is the same file as tokens.platform.file (value "/srv/claude/auth.json"). Put the services of both under one token.',
    ],
  ])("%s is refused", (_, stack, expected) => {
    expect(problems({ stack })).toContain(expected);
  });

  it.each([
    "secret/*",
    "a/../b",
    "/secret",
    "secret/",
    "a//b",
    "+",
    "{{identity.entity.name}}",
    "a b",
    "..",
    '"',
  ])("%j is refused as a mount and as a prefix", (path) => {
    const settings = settingsOf(STACK);
    settings["vault"] = { address: "https://v", mount: path, prefix: path };
    const lines = problems({ settings });
    expect(lines).toHaveLength(2);
    expect(lines.join()).toMatch(/vault.mount: must be a KV.*vault.prefix: must be a folder/s);
  });

  it.each(["A B", "-rf", "app:", "app@sha256:12", "http://x/app", "../app", "app:1 --privileged", "App"])(
    "%j is no image",
    (image) => {
      expect(problems({ stack: STACK.replace('"app:1"', JSON.stringify(image)) }).join()).toContain(
        "must be an image's reference",
      );
    },
  );

  it.each([
    "app",
    "app:1",
    `registry.example.net:5000/a/b@sha256:${"0".repeat(64)}`,
    `sha256:${"0".repeat(64)}`,
    "a/b:c@sha256:" + "1".repeat(64),
  ])("%s is an image", (image) => {
    const plan = load({ stack: STACK.replace('"app:1"', JSON.stringify(image)) });
    expect(plan.tokens[0]!.services[0]).toMatchObject({ image });
  });

  it("have problems without lines where the stack's file is unknown", () => {
    const settings = { ...settingsOf(STACK), fleet: "A" };
    expect(problems({ settings, settingsSource: undefined })[0]).toMatch(
      /^settings {2}claude-fleet:fleet: must be/,
    );
  });

  it("refuse keys with a meaning in JavaScript at any depth", () => {
    const settings = settingsOf(STACK);
    settings["renewal"] = JSON.parse('{"__proto__": {"adopt": true}}') as unknown;
    expect(problems({ settings }).join()).toContain(
      "claude-fleet:renewal.__proto__: this word has a meaning",
    );
  });

  it("report a wrong variable and a secret in the same environment", () => {
    const stack = service("environment: { A-B: x, ANTHROPIC_API_KEY: x, DB_PASSWORD: hunter2, C: [x], D: }");
    const found = problems({ stack }).map((line) => line.replace(/^.*environment\./, ""));
    expect(found).toEqual([
      "A-B: must be the name of an environment variable. Write something like CLAUDE_CODE_OAUTH_TOKEN.",
      "ANTHROPIC_API_KEY: would outrank the mounted token. Remove it: the container takes the token from its mounted file.",
      "DB_PASSWORD: looks like a secret, and would be readable in the state. Hand it to the container as a file instead, and name that file here.",
      "C: must be text, a number, true or false (value a list of 1). Quote it.",
      "D: must be text, a number, true or false. Quote it.",
    ]);
  });

  it("report a value of the wrong kind once", () => {
    const host = `host: [${"x, ".repeat(500)}]`;
    const stack = STACK.replace("host: { ssh: deploy@vps.example.net }", host);
    expect(problems({ stack })).toHaveLength(1);
    const mount = `mount: [${"x, ".repeat(500)}]`;
    expect(problems({ stack: STACK.replace("net\n", `net\n    ${mount}\n`) })).toEqual([
      'Pulumi.test.yaml:5:12  claude-fleet:vault.mount: must be text: a KV version 2 mount (value a list of 500). Write "secret".',
    ]);
  });

  it("keep the definition of a container", () => {
    const stack = service(
      'environment: { B: 2, A: x }, ports: [{ internal: 80, external: 8080 }], networks: [net], user: "1000:1000", command: [run, "--now"], healthcheck: { test: [CMD, "true"], interval: 90s, startPeriod: 1h }',
    );
    expect(load({ stack }).tokens[0]!.services[0]).toMatchObject({
      environment: [
        ["A", "x"],
        ["B", "2"],
      ],
      ports: [{ internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" }],
      networks: ["net"],
      user: "1000:1000",
      command: ["run", "--now"],
      healthcheck: {
        test: ["CMD", "true"],
        interval: "1m30s",
        timeout: "5s",
        startPeriod: "1h0m0s",
        retries: 3,
      },
    });
  });
});
