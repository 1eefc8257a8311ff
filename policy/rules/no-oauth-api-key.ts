/** An OAuth token is no API key: what reads the variable sends it by another header, and is refused or billed to nobody. */
import { CONTAINER, readContainer } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

/** Label by which a site says that a service was not ported yet; its value is the reason. See policy/README.md. */
export const EXCEPTION_LABEL = "claude-fleet.oauth-as-api-key";

/** The token itself, a reference to its variable, or its file. */
const OAUTH = /sk-ant-oat|CLAUDE_CODE_OAUTH_TOKEN|(?:auth|\.credentials)\.json/;

export const noOauthApiKey = resourceRule({
  name: "no-oauth-api-key",
  description: `No OAuth token stands in ANTHROPIC_API_KEY, unless the label ${EXCEPTION_LABEL} says why.`,
  types: [CONTAINER],
  check: ({ props }) => {
    const { variables, labels } = readContainer(props);
    const excused = (labels.get(EXCEPTION_LABEL) ?? "") !== "";
    if (!OAUTH.test(variables.get("ANTHROPIC_API_KEY") ?? "") || excused) return [];
    return [
      `ANTHROPIC_API_KEY takes an OAuth token, which outranks the mounted file and does not follow a rollout; remove it, or say in the label ${EXCEPTION_LABEL} why this service still needs it.`,
    ];
  },
});
