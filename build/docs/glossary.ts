/** Renders docs/glossary.md from the glossary that the prose lint uses. */
import { GLOSSARY } from "../../lint/prose/glossary.ts";

/** Returns the page in Markdown. */
export function glossaryPage(): string {
  const rows = GLOSSARY.map(
    ({ word, meaning, insteadOf }) => `| **${word}** | ${meaning} | ${insteadOf.join(", ")} |`,
  );
  return [
    "# Glossary",
    "",
    "One word for one thing, in code, docs and messages. The words on the right are retired as names for that thing.",
    "Names that are stored or visible from outside keep their spelling. `npm run lint:prose` refuses the clearest of them.",
    "",
    "| word | meaning | retired words |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
