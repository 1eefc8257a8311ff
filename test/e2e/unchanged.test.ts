/** Applying what is already there changes nothing: not in Pulumi's words, and not on the hosts. */
import { beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { expectSuccess, preview, up } from "../support/environment/pulumi.ts";
import { onWorkstation, placesOf } from "../support/environment/workstation.ts";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});

describe("an environment that is already as the roster wants it", () => {
  it("is left alone by `pulumi up`, hosts and containers included", async () => {
    const before = await seen();
    const ended = expectSuccess(await up(environment));
    expect(ended.operations).toEqual([]);
    expect(ended.stdout).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    expect(await seen()).toEqual(before);
  });

  it("makes `pulumi preview --expect-no-changes` exit with 0, twice", async () => {
    for (const time of ["first", "second"]) {
      const ended = await preview(environment, { args: ["--expect-no-changes"] });
      expect(ended.code, `${time} time:\n${ended.output}`).toBe(0);
      expect(ended.operations).toEqual([]);
    }
  });
});

/** What an apply, an enrolment or a rollout would change. */
async function seen() {
  const { token } = placesOf("alice");
  const [workstation, containers] = await Promise.all([
    onWorkstation(
      environment,
      `cat /etc/claude-fleet/*/generation && stat -c '%i %Y %n' ${token} /etc/systemd/system/claude-auth-sync*`,
    ),
    Promise.all(
      environment.serviceContainers.map(async (name) => {
        const { Id, State } = await environment.docker.getContainer(name).inspect();
        return [name, Id, State.StartedAt];
      }),
    ),
  ]);
  return { workstation, containers };
}
