/** A preview of what is already applied finds nothing, however often it is asked. */
import { beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { preview } from "../e2e/support/pulumi.ts";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});

describe("pulumi preview --expect-no-changes", () => {
  it("exits with 0, ten times over", async () => {
    for (let time = 1; time <= 10; time++) {
      const ended = await preview(environment, { args: ["--expect-no-changes"] });
      expect(ended.code, `time ${time}:\n${ended.output}`).toBe(0);
      expect(ended.operations).toEqual([]);
    }
  });
});
