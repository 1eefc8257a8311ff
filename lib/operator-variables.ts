/** Variables that are the operator's alone: credentials for Vault, for the state and for GitHub. */

const OWN = /^(?:VAULT|BAO|PULUMI|GH|GITHUB)_/;

/** The variables without those. Pure. */
export function withoutOperatorVariables(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !OWN.test(name)));
}
