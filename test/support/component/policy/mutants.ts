/** Changes one condition in the sources of the rules, and loads the rules with that change. */
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { build } from "esbuild";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** A changed condition. */
export interface Mutant {
  /** Relative to the project. */
  readonly file: string;
  /** `policy/rules/x.ts:12: a === b -> !(a === b)`. */
  readonly what: string;
  /** The whole text of the file. */
  readonly text: string;
}

/** Returns every mutant of the rules and of the code that reads resources for them. */
export async function allMutants(): Promise<readonly Mutant[]> {
  const files = (await readdir(join(ROOT, "policy/rules"))).map((name) => `policy/rules/${name}`);
  const sources = [...files, "policy/resource-rule.ts", "policy/container.ts"].sort();
  const mutants = await Promise.all(
    sources.map(async (file) => mutantsOf(file, await readFile(join(ROOT, file), "utf8"))),
  );
  return mutants.flat();
}

/** Returns the mutants of one file: each condition negated, each operand of `&&` and `||` left out. */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const mutants: Mutant[] = [];
  const replace = (node: ts.Node, replacement: string) => {
    const [start, end] = [node.getStart(source), node.getEnd()];
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    mutants.push({
      file,
      what: `${file}:${line}: ${node.getText(source)} -> ${replacement}`,
      text: text.slice(0, start) + replacement + text.slice(end),
    });
  };
  const visit = (node: ts.Node): void => {
    if (isCondition(node)) replace(node, `!(${node.getText(source)})`);
    if (ts.isBinaryExpression(node)) {
      const neutral = NEUTRAL.get(node.operatorToken.kind);
      if (neutral !== undefined) for (const side of [node.left, node.right]) replace(side, neutral);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

/** The value that replaces an operand, so that only the other operand counts. */
const NEUTRAL = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.AmpersandAmpersandToken, "true"],
  [ts.SyntaxKind.BarBarToken, "false"],
]);

const COMPARISONS = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.GreaterThanToken,
]);

/** Methods that return a boolean. */
const PREDICATES = new Set(["test", "includes", "has", "some", "every", "startsWith", "endsWith"]);

function isCondition(node: ts.Node): boolean {
  if (ts.isBinaryExpression(node)) return COMPARISONS.has(node.operatorToken.kind);
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    return PREDICATES.has(node.expression.name.text);
  }
  const { parent } = node as { parent: ts.Node | undefined };
  const decides = parent !== undefined && (ts.isIfStatement(parent) || ts.isConditionalExpression(parent));
  if (!decides) return false;
  const condition = ts.isIfStatement(parent) ? parent.expression : parent.condition;
  return node === condition && !ts.isBinaryExpression(node) && !ts.isCallExpression(node);
}

/** Loads packages for the bundles, which share them. */
const require = createRequire(import.meta.url);

/** Returns the rules, built with one changed file. */
export async function rulesWith(mutant: Mutant): Promise<readonly ResourceValidationPolicy[]> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["policy/rules.ts"],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    target: "node20",
    logLevel: "silent",
    write: false,
    plugins: [
      {
        name: "mutant",
        setup(bundler) {
          bundler.onLoad({ filter: /\/policy\/.*\.ts$/ }, ({ path }) =>
            path === join(ROOT, mutant.file) ? { contents: mutant.text, loader: "ts" } : undefined,
          );
        },
      },
    ],
  });
  const module = { exports: {} as { readonly rules: readonly ResourceValidationPolicy[] } };
  const run = compileFunction(outputFiles[0]?.text ?? "", ["module", "require"]) as (
    module: object,
    require: NodeJS.Require,
  ) => void;
  run(module, require);
  return module.exports.rules;
}
