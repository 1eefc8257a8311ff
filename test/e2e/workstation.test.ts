/** What an apply leaves on the workstation: tokens, timers and units, each user's own. */
import { beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { pulumi } from "../support/environment/pulumi.ts";
import { lookUp } from "../support/environment/vault.ts";
import {
  onWorkstation,
  person,
  placesOf,
  timers,
  tryOnWorkstation,
  vaultTokenOf,
} from "../support/environment/workstation.ts";

/** Users of dev/roster.yaml with renewal, and the one without. */
const RENEWED = ["alice", "bob", "carol"] as const;
const NOT_RENEWED = "dave";

const SIX_HOURS_MS = 6 * 3_600_000;

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});

describe.each(RENEWED)("on the workstation, %s", (user) => {
  const places = placesOf(user);

  it("owns a token file that no other user can read, in a folder that no other user can enter", async () => {
    const files = [places.configFolder, places.token, places.accessor];
    expect((await onWorkstation(environment, `stat -c '%a %U %F' ${files.join(" ")}`)).split("\n")).toEqual([
      `700 ${user} directory`,
      `600 ${user} regular file`,
      `600 ${user} regular file`,
      "",
    ]);
    const other = user === "alice" ? "bob" : "alice";
    const tried = await tryOnWorkstation(environment, `runuser -u ${other} -- cat ${places.token}`);
    expect(tried.code).not.toBe(0);
    expect(tried.stderr).toContain("Permission denied");
  });

  it("has a token whose accessor lies beside it", async () => {
    const token = await lookUp(environment, (await vaultTokenOf(environment, user)) ?? "");
    expect((await onWorkstation(environment, `cat ${places.accessor}`)).trim()).toBe(token.accessor);
  });

  it("has a timer that is enabled and elapses within six hours", async () => {
    const { now, timers: all } = await timers(environment);
    const next = all.find(({ unit }) => unit === `claude-auth-sync@${user}.timer`)?.next;
    expect(next).toBeGreaterThan(now);
    expect(next).toBeLessThanOrEqual(now + SIX_HOURS_MS);
    const state = `systemctl is-enabled claude-auth-sync@${user}.timer`;
    expect((await onWorkstation(environment, state)).trim()).toBe("enabled");
  });

  it("has a path unit that watches their login, whether or not there is one", async () => {
    const state = `systemctl is-enabled claude-auth-sync@${user}.path; systemctl is-active claude-auth-sync@${user}.path`;
    expect(await onWorkstation(environment, state)).toBe("enabled\nactive\n");
  });

  it("has units about which systemd has nothing to say", async () => {
    const units = [
      ...["service", "timer", "path"].map((kind) => `claude-auth-sync@${user}.${kind}`),
      ...["backup", "recheck"].map((kind) => `claude-auth-sync-${kind}@${user}.service`),
    ].join(" ");
    expect(await tryOnWorkstation(environment, `systemd-analyze verify ${units}`)).toMatchObject({
      code: 0,
      output: "",
    });
  });

  it.each([
    ["proves", "claude-auth-sync"],
    ["stores", "claude-auth-sync-backup"],
    ["stores what was missed", "claude-auth-sync-recheck"],
  ])("has a service that %s, runs as that user, and has next to no rights", async (_, name) => {
    const unit = `${name}@${user}.service`;
    const uid = await onWorkstation(environment, `systemctl show ${unit} -p User --value`);
    expect(uid.trim()).toBe(String(person(user).uid));
    // In tenths: systemd calls up to 2.0 "OK", the best but one of its five grades.
    const rated = await tryOnWorkstation(environment, `systemd-analyze security --threshold=14 ${unit}`);
    expect(rated.code, rated.output).toBe(0);
  });
});

describe("a user who is not renewed", () => {
  it("has neither timer, nor units, nor a token", async () => {
    const { timers: all } = await timers(environment);
    expect(all.map(({ unit }) => unit).sort()).toEqual(
      RENEWED.map((user) => `claude-auth-sync@${user}.timer`),
    );
    const left = await onWorkstation(
      environment,
      `find /home/${NOT_RENEWED} /etc/systemd/system -path '*claude-auth-sync@${NOT_RENEWED}*' -o -path '/home/${NOT_RENEWED}/*claude-auth-sync*'`,
    );
    expect(left).toBe("");
    expect(await vaultTokenOf(environment, NOT_RENEWED)).toBeUndefined();
  });
});

describe("the stack's outputs", () => {
  it("name the login command of each user who has never logged in, and of no other user", async () => {
    const ended = await pulumi(environment, ["stack", "output", "awaitingLogin", "--json"]);
    expect(JSON.parse(ended.stdout)).toEqual({
      carol: "claude auth login --claudeai --sso --email carol@example.com",
    });
  });
});
