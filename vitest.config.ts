// Test projects: `unit` needs nothing, `component` runs the program under mocks, `engine` the CLI, `e2e` and `full` the dev environment.
import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], extra: object = {}) => ({
  test: { name, include, environment: "node" as const, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", ["test/unit/**/*.test.ts"], { testTimeout: 120_000 }),
      project("component", ["test/component/**/*.test.ts"], { pool: "forks", testTimeout: 120_000 }),
      project("engine", ["test/engine/**/*.test.ts"], {
        testTimeout: 300_000,
        hookTimeout: 600_000,
        fileParallelism: false,
      }),
      project("e2e", ["test/e2e/**/*.test.ts"], {
        testTimeout: 600_000,
        hookTimeout: 900_000,
        fileParallelism: false,
      }),
      project("full", ["test/full/**/*.test.ts"], {
        testTimeout: 1_800_000,
        hookTimeout: 900_000,
        fileParallelism: false,
      }),
    ],
  },
});
