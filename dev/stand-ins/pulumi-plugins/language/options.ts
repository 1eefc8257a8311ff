// The `runtime.options` of Pulumi.yaml, as the official Node language host reads them.
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/** How the program is started. */
export interface RuntimeOptions {
  /** Whether ts-node compiles the program (Pulumi's default). */
  readonly typescript: boolean;
  /** Arguments for Node itself. */
  readonly nodeargs: readonly string[];
  /** The tsconfig.json that ts-node takes. */
  readonly tsconfig?: string;
}

/**
 * Reads the options that concern running a program; those for installing packages are left alone.
 * https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/nodejs/cmd/pulumi-language-nodejs/main.go (parseOptions)
 * @throws Error naming an option of the wrong form.
 */
export function readOptions(options: Struct | undefined): RuntimeOptions {
  const { typescript = true, nodeargs = "", tsconfig } = options?.toJavaScript() ?? {};
  if (typeof typescript !== "boolean")
    throw new Error("Pulumi.yaml: runtime.options.typescript must be true or false.");
  if (typeof nodeargs !== "string") throw new Error("Pulumi.yaml: runtime.options.nodeargs must be text.");
  if (tsconfig !== undefined && typeof tsconfig !== "string") {
    throw new Error("Pulumi.yaml: runtime.options.tsconfig must be text.");
  }
  return { typescript, nodeargs: splitWords(nodeargs), ...(tsconfig === undefined ? {} : { tsconfig }) };
}

/** The environment by which `@pulumi/pulumi` learns of the options. */
export function optionEnvironment(options: RuntimeOptions): Record<string, string> {
  return {
    ...(options.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(options.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
  };
}

/**
 * Splits a line into words as a shell does: blanks separate, quotes and backslashes hold together.
 * @throws Error on an open quote.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== "") {
    const word = /^(?:[^\s'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+/.exec(rest)?.[0];
    if (word === undefined)
      throw new Error(`Pulumi.yaml: runtime.options.nodeargs has an open quote: ${line}`);
    words.push(
      word.replace(
        /\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"/g,
        (_match, escaped: string | undefined, single: string | undefined, double: string | undefined) =>
          escaped ?? single ?? (double ?? "").replace(/\\(["\\$`])/g, "$1"),
      ),
    );
    rest = rest.slice(word.length).trimStart();
  }
  return words;
}
