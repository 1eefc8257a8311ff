/** actionlint's opinion of the workflow of a fork: expressions, contexts, shell text. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { WORKFLOW } from "../../plan/vault/ci-identities.ts";

/** Built by Go, which checks the module against its public checksum. */
const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

it("actionlint has nothing against the workflow", () => {
  const file = fileURLToPath(new URL(`../../${WORKFLOW}`, import.meta.url));
  const run = spawnSync("go", ["run", ACTIONLINT, "-no-color", file], { encoding: "utf8" });
  if (run.error)
    throw new Error("Go cannot be run; install it with: apt-get install golang-go", { cause: run.error });
  expect(run.stdout + run.stderr.replaceAll(/^go: .*\n/gm, "")).toBe("");
  expect(run.status).toBe(0);
});
