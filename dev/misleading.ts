/** What in an operator's shell must not reach the tools of the environment. */

/** Variables of an operator's shell that would lead the tools to other places than the environment's own. */
export const MISLEADING_VARIABLES = [
  "DOCKER_CONTEXT",
  "DOCKER_TLS_VERIFY",
  "VAULT_NAMESPACE",
  "PULUMI_CONFIG_PASSPHRASE",
  "PULUMI_ACCESS_TOKEN",
] as const;
