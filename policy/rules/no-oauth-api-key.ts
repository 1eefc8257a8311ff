/** Refuses an OAuth token in ANTHROPIC_API_KEY: clients send that variable in another header, where the API refuses it. */
import { CONTAINER, readContainer } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

/** Label of a service that cannot read the token file yet. Its value is the reason; see policy/README.md. */
const EXCEPTION_LABEL = "claude-fleet.oauth-as-api-key";

/** Matches the token itself, a reference to its variable, and its file. */
const OAUTH = /sk-ant-oat|CLAUDE_CODE_OAUTH_TOKEN|(?:auth|\.credentials)\.json/;

export const noOauthApiKey = resourceRule({
  name: "no-oauth-api-key",
  description: `No OAuth token stands in ANTHROPIC_API_KEY, unless the label ${EXCEPTION_LABEL} says why.`,
  types: [CONTAINER],
  check: ({ props }) => {
    const { variables, labels } = readContainer(props);
    const excepted = (labels.get(EXCEPTION_LABEL) ?? "") !== "";
    if (!OAUTH.test(variables.get("ANTHROPIC_API_KEY") ?? "") || excepted) return [];
    return [
      `ANTHROPIC_API_KEY holds an OAuth token. It outranks the mounted file and does not follow a rollout. Remove it, or say in the label ${EXCEPTION_LABEL} why this service still needs it.`,
    ];
  },
});
