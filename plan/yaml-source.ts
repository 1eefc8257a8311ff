/** Reads a YAML file strictly into plain data, and finds the line of each value. */
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

/** The longest file that is read, in characters. It has room for some 20,000 users. */
const LONGEST_FILE = 4 * 1024 * 1024;

/** A parsed file, with the problems that were found in it so far. */
export interface YamlSource {
  readonly document: Document.Parsed;
  readonly problems: ProblemList;
}

/** Messages and remedies for the errors of the library, by its codes. */
const SYNTAX: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  DUPLICATE_KEY: ["this key is twice in the same map", "Remove one of the two."],
  MULTIPLE_DOCS: ["a second YAML document begins here", "Keep one document in the file."],
  NON_STRING_KEY: ["this key is not text", "Write the key as text."],
  TAB_AS_INDENT: ["a tab indents this line", "Indent with spaces."],
  RESOURCE_EXHAUSTION: ["nested too deeply", "Remove the needless brackets."],
};

/**
 * Parses the `text` of `file`. Syntax errors, duplicate keys and a second document become problems. The rest of the
 * document is returned even then, so that it is checked, too.
 */
export function parseYaml(file: string, text: string): YamlSource {
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
  // A value that an empty file lacks has no place of its own.
  const problems = new ProblemList(file, (path, part) => place(offsetOf(document, path, part) ?? 0));
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
      remedy: known?.[1] ?? "Correct the line.",
    });
    if (error.code === "RESOURCE_EXHAUSTION") break;
  }
  return { document, problems };
}

/** Returns the key that begins at `offset`. */
function wordAt(text: string, offset: number): string {
  return /^[^\s:]*/.exec(text.slice(offset, offset + 80))?.[0] ?? "";
}

/**
 * Returns the document as plain data without prototypes and without `x-…` keys. Tags, merge keys, aliases of a map or a
 * list, and keys that have a meaning in JavaScript are problems.
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
        if (key.startsWith("x-") || keyProblem(key, path, problems)) continue;
        entries[key] = convert(pair.value, [...path, key]);
      }
      return entries;
    }
    return isScalar(node) ? node.value : undefined;
  };
  return convert(document.contents, []);
}

/** Adds a problem if no map may have this key. Returns whether it did. */
export function keyProblem(key: string, path: Path, problems: ProblemList): boolean {
  const mergeKey = { message: "merge keys are not used here", remedy: "Write the entry out." };
  const reserved = {
    message: "this word has a meaning in JavaScript and cannot be a name or a key",
    remedy: "Use another name.",
    value: key,
  };
  const problem = key === "<<" ? mergeKey : key in Object.prototype ? reserved : undefined;
  if (problem !== undefined) problems.add([...path, key], { ...problem, part: "key" });
  return problem !== undefined;
}

/** Returns the offset of the value at `path`, or of its key. Where there is no such value, it is that of the key above. */
function offsetOf(document: Document.Parsed, path: Path, part: "key" | "value"): number | undefined {
  const [above, step] = [path.slice(0, -1), path.at(-1)];
  if (step === undefined) return document.contents?.range[0];
  const parent: unknown = document.getIn(above, true);
  if (isMap<ParsedNode, ParsedNode | null>(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === step);
    const value = pair?.value ?? undefined;
    const empty = value === undefined || (isScalar(value) && value.range[0] === value.range[1]);
    if (pair !== undefined) return part === "key" || empty ? pair.key.range[0] : value.range[0];
  } else if (isSeq<ParsedNode | undefined>(parent)) {
    const item = parent.items[Number(step)];
    if (item !== undefined) return item.range[0];
  }
  return offsetOf(document, above, "key");
}
