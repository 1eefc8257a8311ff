/** The lint refuses an import that points upwards, an import between neighbours, and a cycle. */
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from "dependency-cruiser";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

const { forbidden, options } = createRequire(import.meta.url)("../../../.dependency-cruiser.cjs") as {
  forbidden: NonNullable<IFlattenedRuleSet["forbidden"]>;
  options: object;
};

/** Names of the rules that a project breaks whose files import each other as given. */
async function broken(imports: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const root = await temporaryFolder();
  for (const file of new Set(Object.entries(imports).flat())) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), "export const nothing = 0;\n");
  }
  for (const [from, to] of Object.entries(imports)) {
    const upwards = "../".repeat(from.split("/").length - 1);
    await writeFile(
      join(root, from),
      `import type { nothing } from "./${upwards}${to}";\nexport type Nothing = typeof nothing;\n`,
    );
  }
  const { output } = await cruise(["."], {
    ...options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden },
  });
  return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name).sort();
}

test.each([
  ["lib/a.ts", "claude/b.ts", "lib-points-down"],
  ["claude/a.ts", "contract/b.ts", "claude-points-down"],
  ["contract/a.ts", "plan/b.ts", "contract-points-down"],
  ["plan/a.ts", "host/b.ts", "plan-points-down"],
  ["host/a.ts", "agent/b.ts", "host-points-down"],
  ["agent/a.ts", "remote/b.ts", "agent-points-down"],
  ["remote/a.ts", "components/b.ts", "remote-points-down"],
  ["components/a.ts", "program/b.ts", "components-points-down"],
  ["program/a.ts", "cli/b.ts", "program-points-down"],
  ["cli/a.ts", "dev/b.ts", "layers-know-no-neighbours"],
])("%s may not import %s", async (from, to, rule) => {
  expect(await broken({ [from]: to })).toEqual([rule]);
});

test("two files of one folder may not import each other", async () => {
  expect(await broken({ "plan/a.ts": "plan/b.ts", "plan/b.ts": "plan/a.ts" })).toEqual(["no-cycles"]);
});

test.each([
  ["cli/a.ts", "lib/b.ts"],
  ["host/a.ts", "plan/b.ts"],
  ["program/a.ts", "remote/b.ts"],
])("%s may import %s", async (from, to) => {
  expect(await broken({ [from]: to })).toEqual([]);
});
