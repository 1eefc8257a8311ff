/** Variables of what Claude Code gets on the operator's machine. */

/** Those that would bring it another credential or server than the person's own, and those that are other tools' secrets. */
const OTHERS = /^(?:ANTHROPIC_|CLAUDE_CODE_OAUTH|GH_|GITHUB_|PULUMI_|VAULT_)/;

/** The operator's variables without those. Pure. */
export function claudeEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !OTHERS.test(name)));
}
