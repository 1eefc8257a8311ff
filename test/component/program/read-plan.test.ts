import * as pulumi from "@pulumi/pulumi";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { readPlan } from "../../../program/read-plan.ts";

const root = mkdtempSync(join(tmpdir(), "claude-fleet-read-plan-"));
beforeAll(async () => {
  writeFileSync(join(root, "roster.yaml"), "workstations: {}\nusers: {}\n");
  await pulumi.runtime.setMocks({
    newResource: () => ({ id: "id", state: {} }),
    call: () => ({}),
  });
});
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

function warningsWith(settings: Readonly<Record<string, string>>): readonly string[] {
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue(undefined);
  pulumi.runtime.setAllConfig({
    "claude-fleet:fleet": "test",
    "claude-fleet:vault": '{"address":"https://vault.example.net"}',
    ...settings,
  });
  expect(readPlan(root).fleet).toBe("test");
  return warn.mock.calls.map(([message]) => message);
}

it("warns once about a setting that has no meaning any more, whatever its value", () => {
  for (const value of ["official", "stand-in", "other"]) {
    expect(warningsWith({ "claude-fleet:plugins": value })).toEqual([
      "claude-fleet:plugins has no meaning any more and is ignored. Remove it with `pulumi config rm claude-fleet:plugins`.",
    ]);
    vi.restoreAllMocks();
  }
});

it("warns about nothing else", () => {
  expect(warningsWith({ "claude-fleet-dev:plugins": "stand-in" })).toEqual([]);
});
