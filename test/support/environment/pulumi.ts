/** Runs `pulumi` on the test environment's stack as a person does, and tells from the engine's own events what it did. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import * as z from "zod";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { MISLEADING_VARIABLES } from "../../../dev/misleading.ts";
import { STACK } from "../../../dev/stack.ts";
import { run, type Run } from "./run.ts";

/** Something that the engine did, or would do, to a resource; what it left alone or only read is not one. */
export interface Operation {
  readonly op: string;
  /** Such as `vault:index/policy:Policy`. */
  readonly type: string;
  /** Logical name, the last part of the URN. */
  readonly name: string;
}

/** How a run ended, and its operations in the order of their beginnings. */
export interface PulumiRun extends Run {
  readonly operations: readonly Operation[];
  /** Texts of the engine's errors. */
  readonly errors: readonly string[];
  /** All events as the engine wrote them. */
  readonly events: string;
}

/** A stack's settings and variables other than the environment's own. */
export interface PulumiOptions {
  /** Settings file to use instead of Pulumi.<stack>.yaml. */
  readonly configFile?: string | undefined;
  /** Another stack than the environment's own. */
  readonly stack?: string;
  /** Folder of another checkout whose program runs. */
  readonly project?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where vitest leaves its mark on child processes; a person's shell has none of it. */
const TEST_VARIABLES = ["NODE_ENV", "NODE_OPTIONS", "TEST", "VITEST", "VITEST_MODE", "VITEST_POOL_ID"];

/** Variables of a shell after `eval "$(npm run -s dev:env)"`. */
export function shellVariables(environment: DevEnvironment): NodeJS.ProcessEnv {
  const variables: NodeJS.ProcessEnv = { ...process.env };
  for (const name of [...MISLEADING_VARIABLES, ...TEST_VARIABLES]) delete variables[name];
  return { ...variables, ...environment.variables };
}

/** `npx pulumi ARGS`, whatever its end is. */
export async function pulumi(
  environment: DevEnvironment,
  args: readonly string[],
  options: PulumiOptions = {},
): Promise<Run> {
  const config = options.configFile === undefined ? [] : ["--config-file", options.configFile];
  return run("npx", ["pulumi", ...args, "--stack", options.stack ?? STACK, "--non-interactive", ...config], {
    cwd: options.project ?? checkout.root,
    env: { ...shellVariables(environment), ...options.env },
  });
}

/** `pulumi up`, without a question. */
export function up(
  environment: DevEnvironment,
  options: PulumiOptions & { readonly args?: readonly string[] } = {},
): Promise<PulumiRun> {
  return withEvents(
    environment,
    ["up", "--yes", "--skip-preview", "--continue-on-error", "--color", "never", ...(options.args ?? [])],
    options,
  );
}

/** `pulumi preview`. */
export function preview(
  environment: DevEnvironment,
  options: PulumiOptions & { readonly args?: readonly string[] } = {},
): Promise<PulumiRun> {
  return withEvents(environment, ["preview", "--color", "never", ...(options.args ?? [])], options);
}

/** Asserts that a run exited with 0, and shows all that it said when it did not. */
export function expectSuccess<T extends Run>(ended: T): T {
  expect(ended.code, ended.output).toBe(0);
  return ended;
}

/** The stack is as its committed settings want it, whatever a test has left: for `afterAll`. */
export async function restoreStack(environment: DevEnvironment): Promise<void> {
  expectSuccess(await up(environment));
  expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
}

const event = z.object({
  resourcePreEvent: z
    .object({ metadata: z.object({ op: z.string(), urn: z.string(), type: z.string() }) })
    .optional(),
  diagnosticEvent: z.object({ severity: z.string(), message: z.string() }).optional(),
});

/** `same`: nothing to do; the others only look. */
const LOOKING = new Set(["same", "refresh", "read", "read-replacement"]);

async function withEvents(
  environment: DevEnvironment,
  args: readonly string[],
  options: PulumiOptions,
): Promise<PulumiRun> {
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-events-"));
  try {
    const log = join(folder, "events.json");
    // The flag is for tools that drive the engine, which hides it from everybody else.
    const env = { ...options.env, PULUMI_DEBUG_COMMANDS: "true" };
    const ended = await pulumi(environment, [...args, "--event-log", log], { ...options, env });
    const text = await readFile(log, "utf8");
    const lines = text.split("\n").filter((line) => line !== "");
    const events = lines.map((line) => event.parse(JSON.parse(line)));
    const operations = events.flatMap(({ resourcePreEvent }) => {
      if (resourcePreEvent === undefined || LOOKING.has(resourcePreEvent.metadata.op)) return [];
      const { op, urn, type } = resourcePreEvent.metadata;
      return [{ op, type, name: urn.slice(urn.lastIndexOf("::") + 2) }];
    });
    const errors = events.flatMap(({ diagnosticEvent }) =>
      diagnosticEvent?.severity === "error" ? [diagnosticEvent.message] : [],
    );
    return { ...ended, operations, errors, events: text };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Removes a further stack with its settings. A failed destroy may have left resources in its state; the next run needs its
 * name all the same. Pulumi's command leaves no stack selected, so the environment's own one is selected again.
 */
export async function removeStack(environment: DevEnvironment, stack: string): Promise<void> {
  await pulumi(environment, ["stack", "rm", "--yes", "--force"], { stack });
  await rm(join(checkout.root, `Pulumi.${stack}.yaml`), { force: true });
  expectSuccess(await pulumi(environment, ["stack", "select"]));
}
