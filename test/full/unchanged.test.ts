/** A preview of what is already applied finds nothing, however often it is asked. */
import { beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns } from "../support/environment/containers.ts";
import { expectSuccess, preview, up } from "../support/environment/pulumi.ts";

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

describe("pulumi up", () => {
  it("replaces, restarts and asks nothing, ten times over", async () => {
    const before = await containerRuns(environment);
    const asked = (await environment.anthropic.requests()).at(-1)?.n ?? 0;
    for (let time = 1; time <= 10; time++) {
      expect(expectSuccess(await up(environment)).operations, `time ${time}`).toEqual([]);
    }
    expect(await containerRuns(environment)).toEqual(before);
    const calls = await environment.anthropic.requests(asked);
    expect(calls.filter(({ listener, path }) => listener === "loopback" && path === "/v1/messages")).toEqual(
      [],
    );
  });
});
