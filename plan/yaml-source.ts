/** Reads a YAML file strictly into plain data, and remembers where everything stands. */
import {
  LineCounter,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type ParsedNode,
} from "yaml";
import { ProblemList, type Path } from "./problems.ts";
import { show } from "../lib/show-value.ts";

/** Largest file that is read, in characters: some 20,000 users. */
export const LONGEST_FILE = 4 * 1024 * 1024;

/** A parsed file, with what was found wrong in it so far. */
export interface YamlSource {
  readonly document: Document.Parsed;
  readonly problems: ProblemList;
}

/** What `yaml` calls its errors, in words that say what to do. */
const SYNTAX: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  DUPLICATE_KEY: ["this key stands twice in the same map", "Remove one of them."],
  MULTIPLE_DOCS: ["a second YAML document begins here", "Keep one document in the file."],
  NON_STRING_KEY: ["a key that is not a plain word", "Write the key as text."],
  TAB_AS_INDENT: ["a tab indents this line", "Indent with spaces."],
  RESOURCE_EXHAUSTION: ["nested too deeply", "Remove the needless brackets."],
};

/**
 * Parses the `text` of `file`. Syntax errors, duplicate keys and a second document go into the source's problems; the
 * document is returned all the same, so that what can be read of it is checked too.
 * @param prefix what stands before every path in messages
 */
export function parseYaml(file: string, text: string, prefix = ""): YamlSource {
  const lineCounter = new LineCounter();
  const tooLong = text.length > LONGEST_FILE;
  const document = parseDocument(tooLong ? "" : text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: true,
    stringKeys: true,
    merge: false,
    resolveKnownTags: false,
    version: "1.2",
  });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const problems = new ProblemList(
    file,
    (path, part) => {
      // What is missing from an empty file is missing from its beginning on.
      return place(offsetOf(document, path, part) ?? 0);
    },
    prefix,
  );
  if (tooLong) {
    problems.add([], {
      message: `the file has ${text.length} characters, more than ${LONGEST_FILE}`,
      remedy: "Split the fleet into several stacks.",
    });
  }
  for (const error of document.errors) {
    const known = SYNTAX[error.code];
    problems.problems.push({
      file,
      ...place(error.pos[0]),
      path: "",
      value: error.code === "DUPLICATE_KEY" ? show(wordAt(text, error.pos[0])) : undefined,
      message: known?.[0] ?? `this is not YAML: ${error.message.replace(/\.$/, "")}`,
      remedy: known?.[1] ?? "Mend the line.",
    });
    if (error.code === "RESOURCE_EXHAUSTION") break;
  }
  return { document, problems };
}

/** The key that begins at `offset`, as far as it goes. */
function wordAt(text: string, offset: number): string {
  return /^[^\s:]*/.exec(text.slice(offset, offset + 80))?.[0] ?? "";
}

/**
 * The document as plain data without prototypes. `x-…` keys are left out; tags, merge keys, aliases of anything but
 * a single value, and keys that mean something to JavaScript are problems.
 */
export function plainData(source: YamlSource): unknown {
  const { document, problems } = source;
  const convert = (node: unknown, path: Path): unknown => {
    if (isNode(node) && !isAlias(node) && node.tag !== undefined) {
      problems.add(path, {
        message: `the tag ${show(node.tag) ?? ""} is not used here`,
        remedy: "Write the plain value.",
      });
      return undefined;
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (isScalar(target)) return target.value;
      problems.add(path, {
        message: "an alias may stand for a single value only",
        remedy: "Write the entry out.",
        value: `*${node.source}`,
      });
      return undefined;
    }
    if (isSeq(node)) return node.items.map((item, index) => convert(item, [...path, index]));
    if (isMap(node)) {
      const entries = Object.create(null) as Record<string, unknown>;
      for (const pair of node.items) {
        if (!isScalar(pair.key) || typeof pair.key.value !== "string") continue;
        const key = pair.key.value;
        if (key.startsWith("x-")) continue;
        if (keyProblem(key, path, problems)) continue;
        entries[key] = convert(pair.value, [...path, key]);
      }
      return entries;
    }
    return isScalar(node) ? node.value : undefined;
  };
  return convert(document.contents, []);
}

/** Adds the problem of a key that no map may have; says whether there was one. */
export function keyProblem(key: string, path: Path, problems: ProblemList): boolean {
  const at = [...path, key];
  if (key === "<<") {
    problems.add(at, {
      part: "key",
      message: "merge keys are not used here",
      remedy: "Write the entry out.",
    });
    return true;
  }
  if (key in Object.prototype) {
    problems.add(at, {
      part: "key",
      message: "this word has a meaning of its own in JavaScript and cannot be a name or a key",
      remedy: "Use another name.",
      value: key,
    });
    return true;
  }
  return false;
}

/** Offset of the value at `path`, or of its key; where the path ends early, of what is the closest above it. */
function offsetOf(document: Document.Parsed, path: Path, part: "key" | "value"): number | undefined {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0];
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = (node.items as { key: ParsedNode; value: ParsedNode | null }[]).find(
        ({ key }) => isScalar(key) && key.value === step,
      );
      if (!pair) return offset;
      node = pair.value;
      const empty = node === null || (isScalar(node) && node.range[0] === node.range[1]);
      offset = (last && part === "key") || empty || !last ? pair.key.range[0] : node?.range[0];
    } else if (isSeq(node)) {
      node = (node.items as (ParsedNode | undefined)[])[Number(step)] ?? null;
      if (node === null) return offset;
      offset = node.range[0];
    } else return offset;
  }
  return offset;
}
