/** The operator's own environment variables: credentials for Vault, for the state and for GitHub. */

const OWN = /^(?:VAULT|BAO|PULUMI|GH|GITHUB)_/;

/** Returns the variables without the operator's own. */
export function withoutOperatorVariables(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !OWN.test(name)));
}
