/** Which project and stack a command is about: as Pulumi itself finds them, without starting it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { ExpectedError } from "../../lib/expected-error.ts";
import { isMapping } from "../../lib/is-mapping.ts";
import { nearest } from "../../lib/nearest-word.ts";
import { PROJECT } from "../../plan/read-settings.ts";

/** The project's folder: the first one upwards from here that is this project's, else the one this command is part of. */
export function projectFolder(from = process.cwd()): string {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (isProject(folder)) return folder;
    if (folder === path.dirname(folder)) break;
  }
  return fileURLToPath(new URL("..", import.meta.url));
}

/**
 * Name of the stack that a command is about: the one that was named, else `PULUMI_STACK`, else the one that is
 * selected, else the only one that has settings.
 * @throws {ExpectedError} when there is none of that name, or when it cannot be told which is meant
 */
export function chooseStack(
  root: string,
  named: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const known = stacksWithSettings(root);
  const wanted = named ?? environment["PULUMI_STACK"] ?? selectedStack(root, environment);
  if (wanted !== undefined && wanted !== "") {
    // `organization/project/stack`: settings go by the last part.
    const stack = wanted.slice(wanted.lastIndexOf("/") + 1);
    if (known.includes(stack)) return stack;
    const meant = nearest(stack, known);
    const hint = meant === undefined ? `known are ${known.join(", ") || "none"}` : `did you mean "${meant}"?`;
    throw new ExpectedError(`There is no Pulumi.${stack}.yaml in ${root}; ${hint}`);
  }
  if (known.length === 1 && known[0] !== undefined) return known[0];
  throw new ExpectedError(
    known.length === 0
      ? `There is no Pulumi.<stack>.yaml in ${root}; write one after the example of Pulumi.prod.yaml.`
      : `Which stack is meant? Name one by --stack (${known.join(", ")}), or select one: \`pulumi stack select\`.`,
  );
}

/**
 * The stack that is selected for this project, in Pulumi's own words.
 * Source: https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/go/common/workspace/workspace.go
 */
function selectedStack(root: string, environment: NodeJS.ProcessEnv): string | undefined {
  const home = environment["PULUMI_HOME"] ?? path.join(homedir(), ".pulumi");
  const key = createHash("sha1").update(path.join(root, "Pulumi.yaml")).digest("hex");
  const settings = readJson(path.join(home, "workspaces", `${PROJECT}-${key}-workspace.json`));
  const stacks = settings["stacks"];
  if (isMapping(stacks)) {
    const backend =
      environment["PULUMI_BACKEND_URL"] ?? readJson(path.join(home, "credentials.json"))["current"];
    const found = typeof backend === "string" ? stacks[backend] : undefined;
    if (typeof found === "string") return found;
  }
  // Older versions know one stack, whatever the backend is.
  return typeof settings["stack"] === "string" ? settings["stack"] : undefined;
}

function stacksWithSettings(root: string): readonly string[] {
  return readdirSync(root)
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();
}

function isProject(folder: string): boolean {
  try {
    const project: unknown = parse(readFileSync(path.join(folder, "Pulumi.yaml"), "utf8"));
    return isMapping(project) && project["name"] === PROJECT;
  } catch {
    return false;
  }
}

function readJson(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isMapping(value) ? value : {};
  } catch {
    return {};
  }
}
