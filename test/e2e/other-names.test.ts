/** A workstation and a service that get another name in the settings: seen on their hosts, and refused before anything is planned. */
import { expect, it } from "vitest";
import { devEnvironment } from "../../dev/environment.ts";
import { SERVICES } from "../support/environment/containers.ts";
import { preview } from "../support/environment/pulumi.ts";
import { committedToken, withService } from "../support/environment/rollout.ts";
import { committedRoster, settingsWith } from "../support/environment/roster.ts";

it("are refused by one preview, which names both and plans nothing", async () => {
  const { workstations, users } = await committedRoster();
  const roster = {
    workstations: { shop: workstations["devvm"] ?? {} },
    users: Object.fromEntries(
      Object.entries(users).map(([user, entry]) => [user, { ...entry, workstation: "shop" }]),
    ),
  };
  const platform = withService(await committedToken(), 0, (service) => ({ ...service, name: "another" }));
  const configFile = await settingsWith(roster, { tokens: { platform } });
  const seen = await preview(await devEnvironment(), { configFile });
  expect(seen.code, seen.output).not.toBe(0);
  expect(seen.operations).toEqual([]);
  expect(seen.output).toContain(
    "The machine of the workstation shop is the workstation devvm of this fleet.",
  );
  expect(seen.output).toContain(
    `the container ${SERVICES[0]?.container} belongs to platform/runner-agent in this fleet, not to platform/another.`,
  );
});
