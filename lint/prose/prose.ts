/** Checks prose: sentence length, commas and retired words. */
import { moduleInterop } from "@textlint/module-interop";
import { createLinter, loadTextlintrc } from "textlint";
import maxComma from "textlint-rule-max-comma";
import sentenceLength from "textlint-rule-sentence-length";
import terminology from "textlint-rule-terminology";
import { proseOf } from "./extract.ts";
import { GLOSSARY } from "./glossary.ts";

/** Characters of a sentence, code included: about twenty-five words. */
const MAX_CHARACTERS = 180;
const MAX_COMMAS = 3;

/** A sentence that breaks a rule. */
export interface Complaint {
  /** Counted from 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

const terms = GLOSSARY.flatMap(({ word, refused = [] }) => refused.map((pattern) => [pattern, word]));

const rules = [
  { ruleId: "sentence-length", rule: moduleInterop(sentenceLength), options: { max: MAX_CHARACTERS } },
  { ruleId: "max-comma", rule: moduleInterop(maxComma), options: { max: MAX_COMMAS } },
  { ruleId: "retired-words", rule: moduleInterop(terminology), options: { defaultTerms: false, terms } },
];

const linter = createLinter({ descriptor: (await loadTextlintrc()).shallowMerge({ rules }) });

/** Checks one file. @param file its path: of a TypeScript file, only comments, docstrings and messages are prose */
export async function checkProse(file: string, text: string): Promise<readonly Complaint[]> {
  const isCode = file.endsWith(".ts");
  const { messages } = await linter.lintText(
    isCode ? proseOf(text, file) : text,
    isCode ? `${file}.md` : file,
  );
  return messages.map(({ line, ruleId, message }) => ({
    line,
    rule: ruleId,
    message: message.split("\n")[0] ?? "",
  }));
}
