/** Refuses CLAUDE_CODE_OAUTH_TOKEN in environments, because it outranks every user's own login. */
import { CONTAINER, readContainer } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

/** Matches an assignment in a shell command, a unit file or a compose file. */
const ASSIGNED = /\bCLAUDE_CODE_OAUTH_TOKEN["']?\s*[=:]/;

export const noTokenVariable = resourceRule({
  name: "no-token-variable",
  description:
    "No container, command, or file that a command writes sets the variable CLAUDE_CODE_OAUTH_TOKEN.",
  types: [CONTAINER, "command:local:Command", "command:remote:Command"],
  check: ({ type, props }) => {
    if (type === CONTAINER) {
      return readContainer(props).variables.has("CLAUDE_CODE_OAUTH_TOKEN")
        ? [
            "The environment holds CLAUDE_CODE_OAUTH_TOKEN. `docker inspect` and the state show it, and it outranks the mounted file. Remove it.",
          ]
        : [];
    }
    const places = Object.keys(props).filter((key) => ASSIGNED.test(asText(props[key])));
    return places.map(
      (place) =>
        `${place} sets CLAUDE_CODE_OAUTH_TOKEN on a host. Every session that inherits the variable works as the token's owner instead of its own user. Remove it.`,
    );
  },
});

/** Returns a text as it is, and anything else as JSON. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
