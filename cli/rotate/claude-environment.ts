/** Chooses which variables of the operator's machine Claude Code gets. */
import { withoutOperatorVariables } from "../../lib/operator-variables.ts";

/** Matches variables that would give it another credential or server than the person's own. */
const FOREIGN = /^(?:ANTHROPIC_|CLAUDE_CODE_OAUTH)/;

/** Returns the operator's variables without foreign credentials and without those of other tools. */
export function claudeEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(withoutOperatorVariables(variables));
  return Object.fromEntries(own.filter(([name]) => !FOREIGN.test(name)));
}
