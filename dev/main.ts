/** The commands of the development environment. */
import { Command } from "commander";
import { problemsOf } from "../lib/expected-error.ts";

const program = new Command("dev").description("The development environment, all of it in .dev");

program
  .command("up")
  .description("sets everything up and applies the dev stack")
  .option("--without-stack", "everything but the stack")
  .action(async (options: { withoutStack?: boolean }) => {
    const { up } = await import("./up.ts");
    await up({ stack: options.withoutStack !== true });
  });

program
  .command("down")
  .description("destroys the stack, stops and removes everything; keeps the user's cache")
  .action(async () => {
    const { down } = await import("./down.ts");
    await down();
  });

program
  .command("env")
  .description('prints shell lines: eval "$(npm run -s dev:env)"')
  .option("--json", "the variables as one JSON object instead")
  .action(async (options: { json?: boolean }) => {
    const { jsonVariables, shellLines } = await import("./env.ts");
    process.stdout.write(await (options.json === true ? jsonVariables() : shellLines()));
  });

program
  .command("test")
  .description("runs all tests but the long ones")
  .option("--full", "the long ones too")
  .option("--keep", "leaves the test environments up, for the next run to be quicker")
  .option("--shard <I/N>", "only one of N parts that take about the same time")
  .action(async (options: { full?: boolean; keep?: boolean; shard?: string }) => {
    const { readPart, WHOLE } = await import("../test/runner/parts.ts");
    const part = options.shard === undefined ? WHOLE : readPart(options.shard);
    const { runTests } = await import("../test/runner/run.ts");
    const { testEnvironments } = await import("./test-environment.ts");
    process.exitCode = await runTests({
      full: options.full === true,
      part,
      environments: testEnvironments(options.keep === true),
    });
  });

program
  .command("bench")
  .description("measures against the running dev environment; `up` takes it down and leaves it so")
  .argument("[name...]", "which benchmarks, as docs/benchmarks.md lists them (default: all but scale-1000)")
  .option("--json", "print JSON: each figure with its unit, its baseline, their ratio and all runs")
  .action(async (names: readonly string[], options: { json?: boolean }) => {
    const { bench } = await import("../bench/main.ts");
    await bench(names, options.json === true);
  });

// A program that lib/process.ts runs as a command ends with this process.
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

try {
  await program.parseAsync();
  // Clients of the engine keep sockets open; all that was awaited is done.
  process.exit(process.exitCode ?? 0);
} catch (error) {
  for (const problem of problemsOf(error)) console.error(problem);
  process.exit(1);
}
