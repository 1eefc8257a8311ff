/** The policy pack has nothing to say against the fleet itself. */
import { expect, it } from "vitest";
import { devEnvironment } from "../../dev/environment.ts";
import { preview } from "../support/environment/pulumi.ts";

it("`pulumi preview --policy-pack policy` passes every resource of the fleet", async () => {
  const ended = await preview(await devEnvironment(), {
    args: ["--policy-pack", "policy", "--expect-no-changes"],
  });
  expect(ended.code, ended.output).toBe(0);
  expect(ended.output).toMatch(/claude-fleet@v\d+\.\d+\.\d+/);
});
