/** What a workstation does by itself: it undoes what was changed on it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DevEnvironment } from "../../dev/environment.ts";
import { claudeFleet, environmentWithProvenLogins } from "../support/environment/operator.ts";
import { collect } from "../support/environment/figures.ts";
import { expectSuccess, preview, up } from "../support/environment/pulumi.ts";
import { REPAIR, reasserted } from "../support/environment/reassertion.ts";
import { FLEET } from "../support/environment/vault.ts";
import { onWorkstation, placesOf, tryOnWorkstation } from "../support/environment/workstation.ts";

const SYSTEM = "/etc/systemd/system";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await environmentWithProvenLogins();
});

afterAll(async () => {
  await claudeFleet(environment, "resume", "bob");
  await reasserted(environment);
});

describe("the hourly re-assertion", () => {
  it("is enabled, elapses within the hour, and finds nothing to do", async () => {
    const state = `systemctl is-enabled ${REPAIR}.timer && systemctl is-active ${REPAIR}.timer`;
    expect(await onWorkstation(environment, state)).toBe("enabled\nactive\n");
    const timers = `systemctl list-timers ${REPAIR}.timer --output=json | tr ',' '\\n' | grep -o '"next":[0-9]*' | cut -d: -f2`;
    const [now = "", next = ""] = (await onWorkstation(environment, `date +%s%6N; ${timers}`)).split("\n");
    expect(Number(next)).toBeLessThanOrEqual(Number(now) + 3_600_000_000);
    expect(await reasserted(environment)).toEqual(["0 repaired, 0 not repaired"]);
  });

  it("undoes what was changed, names it, and honours a pause", async () => {
    expectSuccess(await claudeFleet(environment, "pause", "bob"));
    const alice = placesOf("alice");
    const token = `stat -c '%i %a' ${alice.token}`;
    const before = await onWorkstation(environment, token);
    await onWorkstation(
      environment,
      [
        `rm ${SYSTEM}/claude-auth-sync@.service`,
        `printf '[Service]\\nUser=0\\n' > ${SYSTEM}/claude-auth-sync@alice.service.d/10-claude-fleet.conf`,
        "systemctl disable --now --quiet claude-auth-sync@alice.timer claude-auth-sync@carol.path",
        `chmod 755 ${alice.configFolder} && chmod 644 ${alice.token}`,
        `rm /usr/local/bin/claude-auth-sync`,
      ].join(" && "),
    );
    const said = await reasserted(environment);
    expect(said.toSorted()).toEqual(
      [
        "7 repaired, 0 not repaired",
        `repaired: ${SYSTEM}/claude-auth-sync@.service`,
        `repaired: ${SYSTEM}/claude-auth-sync@alice.service.d/10-claude-fleet.conf`,
        "repaired: /usr/local/bin/claude-auth-sync",
        `repaired: alice: ${alice.configFolder} had the mode 0755`,
        `repaired: alice: ${alice.token} had the mode 0644`,
        "repaired: claude-auth-sync@alice.timer was not enabled and active",
        "repaired: claude-auth-sync@carol.path was not enabled and active",
      ].toSorted(),
    );
    expect(await onWorkstation(environment, token)).toBe(before);
    const states = "systemctl is-active claude-auth-sync@alice.timer claude-auth-sync@bob.timer || true";
    expect(await onWorkstation(environment, states)).toBe("active\ninactive\n");
    expect(await reasserted(environment)).toEqual(["0 repaired, 0 not repaired"]);
  });

  it("leaves nothing for the stack to repair", async () => {
    expectSuccess(await claudeFleet(environment, "resume", "bob"));
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });

  it("leaves to the stack whether the record is the right one", async () => {
    await onWorkstation(
      environment,
      `sed -i 's/"everySeconds": [0-9]*/"everySeconds": 3599/' /etc/claude-fleet/${FLEET}/plan.json`,
    );
    expect(await reasserted(environment)).toEqual(["0 repaired, 0 not repaired"]);
    const seen = await preview(environment, { args: ["--diff"] });
    expect(seen.output).toContain("record: holds another plan");
    expectSuccess(await up(environment));
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });

  it("has few rights, and its figures are rendered", async () => {
    const rated = await tryOnWorkstation(
      environment,
      `systemd-analyze security --threshold=30 ${REPAIR}.service`,
    );
    expect(rated.code, rated.output).toBe(0);
    const figures = await collect(environment);
    expect(figures.get("claude_fleet_assert_problems")).toBe(0);
    expect(figures.get("claude_fleet_assert_mended_total")).toBeGreaterThanOrEqual(7);
  });
});
