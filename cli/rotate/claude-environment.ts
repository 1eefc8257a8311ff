/** What Claude Code gets of the variables on the operator's machine. */
import { withoutOperatorVariables } from "../../lib/operator-variables.ts";

/** Those that would bring it another credential or server than the person's own. */
const OTHERS = /^(?:ANTHROPIC_|CLAUDE_CODE_OAUTH)/;

/** The operator's variables without those, and without what is for other tools. Pure. */
export function claudeEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(withoutOperatorVariables(variables));
  return Object.fromEntries(own.filter(([name]) => !OTHERS.test(name)));
}
