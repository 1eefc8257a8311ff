/** No workstation and no container has the OAuth token in its environment, where it outranks everybody's own login. */
import { CONTAINER, readContainer } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

/** An assignment in any text that a command runs or writes on a host: a shell's, a unit's, a compose file's. */
const ASSIGNED = /\bCLAUDE_CODE_OAUTH_TOKEN["']?\s*[=:]/;

export const noTokenVariable = resourceRule({
  name: "no-token-variable",
  description: "CLAUDE_CODE_OAUTH_TOKEN is no variable of a container, a command, or a file that one writes.",
  types: [CONTAINER, "command:local:Command", "command:remote:Command"],
  check: ({ type, props }) => {
    if (type === CONTAINER) {
      return readContainer(props).variables.has("CLAUDE_CODE_OAUTH_TOKEN")
        ? [
            "CLAUDE_CODE_OAUTH_TOKEN is in its environment: `docker inspect` and the state show it, and it outranks the mounted file; remove it.",
          ]
        : [];
    }
    return placesOf(props).map(
      (place) =>
        `${place} sets CLAUDE_CODE_OAUTH_TOKEN on a host: every session that inherits it works as whoever owns that token, whatever its user has signed in to; remove it.`,
    );
  },
});

function placesOf(props: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(props).flatMap(([key, value]) => (ASSIGNED.test(asText(value)) ? [key] : []));
}

/** Texts as they are; what is within maps and lists, with the quotes of JSON. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
