/** Tests what is repeated of Pulumi's output. */
import { expect, it } from "vitest";
import { rolloutProblems } from "../../../../../cli/rotate/steps/roll-out.ts";

it("each error of Pulumi is repeated once, with the remedy", () => {
  const lines = [
    "  error: update failed",
    "    error: The token was refused.",
    "    error: The token was refused.",
  ];
  expect(rolloutProblems(lines, "prod")).toEqual([
    "The token was refused.",
    expect.stringContaining("claude-fleet rotate --back"),
  ]);
  expect(rolloutProblems(["error: the stack is currently locked by 1 lock(s)."], "prod")).toEqual([
    expect.stringContaining("npx pulumi cancel --yes --stack prod"),
  ]);
});
