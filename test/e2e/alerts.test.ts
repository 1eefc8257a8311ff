/** The alerts, by Prometheus's own tool and Loki's own grammar: each fires when it must, and in no look-alike. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { printed } from "../support/environment/run.ts";
import { alertNames, complaints } from "../support/alerts/promtool.ts";
import { HOST_STORIES } from "../support/alerts/host-scenarios.ts";
import { LOGIN_STORIES } from "../support/alerts/login-scenarios.ts";
import { TIME_STORIES } from "../support/alerts/time-scenarios.ts";
import { TOKEN_STORIES } from "../support/alerts/token-scenarios.ts";

const rulesFile = fileURLToPath(new URL("../../monitoring/prometheus-rules.yaml", import.meta.url));
const stories = [...LOGIN_STORIES, ...TIME_STORIES, ...HOST_STORIES, ...TOKEN_STORIES];

describe("Prometheus's rules", () => {
  it("are accepted by promtool", async () => {
    expect(await printed("promtool", ["check", "rules", rulesFile])).toContain("SUCCESS");
  });

  it.each(stories)("$title", async (story) => {
    expect(await complaints(story, await readFile(rulesFile, "utf8"))).toBe("");
  });

  it("have a story for every alert", () => {
    const told = stories.flatMap(({ firing }) => Object.values(firing).flat());
    expect([...new Set(told.map(({ alert }) => alert))].sort()).toEqual([...alertNames].sort());
  });
});
