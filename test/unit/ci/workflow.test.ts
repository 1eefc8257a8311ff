/** The workflow of a fork: valid, pinned, and nothing with a credential but from the protected main branch. */
import { validateWorkflow } from "@action-validator/core";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { ENVIRONMENTS, WORKFLOW } from "../../../plan/vault/ci-identities.ts";

const text = readFileSync(new URL(`../../../${WORKFLOW}`, import.meta.url), "utf8");
const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
});
const job = z.looseObject({
  if: z.string().default(""),
  environment: z.string().optional(),
  permissions: z.record(z.string(), z.string()),
  steps: z.array(step),
});
const workflow = z
  .looseObject({
    on: z.looseObject({}),
    permissions: z.record(z.string(), z.string()),
    jobs: z.record(z.string(), job),
  })
  .parse(parse(text));
const jobs = Object.entries(workflow.jobs);

/** Whether a job has anything that a stranger must not have. */
const hasCredentials = (value: unknown) => {
  const one = JSON.stringify(value);
  return /secrets\.|id-token|github\.token|"write"/.test(one);
};

describe("the workflow", () => {
  it("is one, by its schema", () => {
    expect(validateWorkflow(text).errors).toEqual([]);
    expect(validateWorkflow(text.replace("runs-on:", "run-on:")).errors).not.toEqual([]);
  });

  it("starts with no permission, and is never run for a pull request with a repository's secrets", () => {
    expect(workflow.permissions).toEqual({});
    expect(Object.keys(workflow.on)).toEqual(["pull_request", "push", "schedule", "workflow_dispatch"]);
  });

  it("checks pull requests without any credential", () => {
    const { check } = workflow.jobs;
    expect(check).toMatchObject({ permissions: { contents: "read" } });
    expect(check?.environment).toBeUndefined();
    expect(hasCredentials(check)).toBe(false);
    const runs = check?.steps.map(({ run }) => run).filter((run) => run !== undefined);
    expect(runs).toEqual([
      "npm ci",
      "npm run -s types",
      "npm run -s lint",
      "npx vitest run --project unit --project component",
    ]);
  });

  it.each(jobs.filter(([, one]) => hasCredentials(one)))(
    "runs %s from the protected main branch alone, in an environment",
    (name, one) => {
      expect(["preview", "up"]).toContain(name);
      expect(one.environment).toBeDefined();
      const condition = name === "up" ? (workflow.jobs["changes"]?.if ?? "") : one.if;
      expect(condition).toContain("github.ref_protected");
      expect(condition).toContain("vars.CLAUDE_FLEET_STACK != ''");
      expect(condition).not.toContain("pull_request'");
    },
  );

  it("has the environments that Vault's roles are bound to", () => {
    expect(workflow.jobs["preview"]?.environment).toBe(ENVIRONMENTS.observer);
    for (const environment of [ENVIRONMENTS.administrator, ENVIRONMENTS.deployer]) {
      expect(text).toContain(`environment=${environment}\\n`);
    }
    expect(text).toContain("npx claude-fleet ci login observer");
  });

  const uses = jobs.flatMap(([, { steps }]) => steps.flatMap((one) => one.uses ?? []));
  it.each([...new Set(uses)])("pins %s by its commit", (action) => {
    expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
  });

  it("keeps no credential of the checkout", () => {
    for (const [, { steps }] of jobs) {
      for (const one of steps.filter(({ uses: action }) => action?.startsWith("actions/checkout@"))) {
        expect(one).toMatchObject({ with: { "persist-credentials": false } });
      }
    }
  });

  it("puts nothing that somebody else writes into a shell's text", () => {
    for (const [, { steps }] of jobs) {
      for (const { run = "" } of steps) expect(run).not.toContain("${{");
    }
  });

  it("applies one after the other, only with the policy pack, and gives every token back", () => {
    expect(workflow.jobs["up"]).toMatchObject({ concurrency: { "cancel-in-progress": false } });
    for (const name of ["preview", "up"]) {
      const steps = workflow.jobs[name]?.steps ?? [];
      const pulumi = steps.filter(({ run }) => /npx pulumi (?:up|preview)/.test(run ?? ""));
      expect(pulumi).toHaveLength(1);
      expect(pulumi[0]?.run).toContain("--policy-pack policy");
      const out = steps.find(({ run }) => run?.includes("ci logout"));
      expect(out).toMatchObject({ if: "always()" });
    }
  });

  it("shows nothing of what pulumi says in the log of a public repository", () => {
    for (const name of ["preview", "up"]) {
      const run = workflow.jobs[name]?.steps.find((one) => one.run?.includes("npx pulumi"))?.run ?? "";
      expect(run).toMatch(/> "\$RUNNER_TEMP\//);
    }
  });
});
