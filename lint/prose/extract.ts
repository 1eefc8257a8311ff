/** Extracts the prose of a TypeScript file: comments, docstrings and messages, each on the line where it stands. */
import ts from "typescript";

/** A message has at least this many words; shorter texts are names, keys and fragments. */
const MESSAGE_WORDS = 5;

/** Messages that are stored outside as they are. Other words would change each user's policy in Vault. */
const STORED = new Set(["Let the token begin its period anew on every run."]);

/**
 * Returns a Markdown text with as many lines as `source`, in which everything but prose is blank. So the line numbers of
 * complaints are those of the file. Each comment and each message is a list item: two neighbours are never one sentence.
 */
export function proseOf(source: string, file: string): string {
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const lines = source.split("\n").map(() => "");
  const put = (position: number, text: string): void => {
    const { line } = parsed.getLineAndCharacterOfPosition(position);
    let bullet = "- ";
    for (const [offset, part] of text.split("\n").entries()) {
      if (part.trim() === "") continue;
      const before = lines[line + offset] ?? "";
      lines[line + offset] = before === "" ? `${bullet}${part.trim()}` : `${before} ${part.trim()}`;
      bullet = "  ";
    }
  };
  for (const [start, end] of comments(parsed)) put(start, withoutMarkers(source.slice(start, end)));
  for (const [start, text] of messages(parsed)) put(start, text);
  return lines.join("\n");
}

function comments(file: ts.SourceFile): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const text = file.getFullText();
  const visit = (node: ts.Node): void => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ];
    // Inside a template or a regular expression, what looks like a comment is text.
    if (node.kind !== ts.SyntaxKind.JsxText) for (const { pos, end } of ranges) found.set(pos, end);
    node.getChildren(file).forEach(visit);
  };
  visit(file);
  return found;
}

/** The words of a comment: what TypeDoc's tags name stays, markers and `{@link}` braces go. */
function withoutMarkers(comment: string): string {
  return (
    comment
      .replace(/^\/\*\*?/, "")
      .replace(/\*\/$/, "")
      .split("\n")
      .map((line) => line.replace(/^\s*(?:\*|\/\/)\s?/, ""))
      .map((line) => (/eslint-|@ts-|https?:/.test(line) ? "" : line))
      .join("\n")
      .replaceAll(/\{@link ([^}|]+)[^}]*\}/g, "`$1`")
      // A tag begins a sentence of its own.
      .replaceAll(/@(?:param|returns|throws|default|see)\s+(?:\{[^}]*\}\s*)?/g, "\n")
  );
}

/** In a test, titles are messages; its other texts are data. */
function messages(file: ts.SourceFile): readonly (readonly [position: number, text: string])[] {
  const isTest = /(?:^|\/)test\//.test(file.fileName);
  const found: (readonly [number, string])[] = [];
  const visit = (node: ts.Node): void => {
    const text = isTest && !isTitle(node) ? undefined : messageOf(node);
    if (text !== undefined && isProse(text)) found.push([node.getStart(file), text]);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Whether the node is the first argument of `test`, `it`, `describe` or one of their variants. */
function isTitle(node: ts.Node): boolean {
  const parent = node.parent as ts.Node | undefined;
  if (parent === undefined || !ts.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  return /^(?:test|it|describe)\b/.test(parent.expression.getText());
}

function isProse(text: string): boolean {
  return text.split(/\s+/).length >= MESSAGE_WORDS && !isCode(text) && !STORED.has(text);
}

/** Whether a text is a command or a piece of a program. */
function isCode(text: string): boolean {
  return text.includes("\n") || /&&|\|\||\$\(|=>|\s-[a-z]\s|^\//.test(text);
}

/** The text of a literal, with `X` for each value that is put into it. */
function messageOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("X");
}
