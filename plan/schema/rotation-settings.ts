/** The schemas of a token's `diagnosis` and `rotation`: what each site has at another place, or under another name. */
import { CREDENTIALS_BELOW_HOME } from "../../claude/credentials.ts";
import { CHEAPEST_MODEL } from "../../claude/models.ts";
import { usualDuration, fields, list, otherwise, text, whole } from "./kinds.ts";
import { modelName, variableName } from "./names.ts";
import { absolutePath, email, filePath, hostCommand, serverUrl, uuid } from "./places.ts";

const environmentFile = absolutePath("/home/deploy/platform/.env.production");

const variable = fields({
  file: environmentFile.describe("An environment file on the token's host."),
  variable: variableName.describe("The variable in that file."),
});

/** Texts that log lines hold as they are. A short text would be found everywhere. */
const markers = (example: string) => {
  const title = "a text of 3 to 200 characters on one line";
  const marker = text({ title, example, pattern: /^[^\p{C}\p{Zl}\p{Zp}]{3,200}$/u, longest: 200 });
  return list(marker, "texts", 20).prefault([]);
};

const gateway = fields({
  url: serverUrl("https://api.example.net").describe("The gateway's base URL. The Messages API is below it."),
  model: modelName(CHEAPEST_MODEL.https)
    .prefault(CHEAPEST_MODEL.https)
    .describe("The model that the request asks."),
  key: variable.describe("Where the gateway's own key is. The key never leaves the host."),
});

const logs = fields({
  window: usualDuration("1h", 1, 86_400).describe(
    "How far back logs are read. Nothing before a container's own start is read.",
  ),
  noise: markers("llm_auth_refresh_token_revoked").describe(
    "Texts of a refresh that fails, as it always does for a setup token. They decide nothing.",
  ),
  refused: markers("anthropic_401_unauthorized").describe(
    "Texts of a call that the API refused for its credential.",
  ),
  fallback: markers("gateway_using_fallback_key").describe("Texts of a call that the fallback key paid for."),
  subscription: markers("max_subscription").describe("Texts of a call that the subscription carried."),
});

/** One token's `diagnosis`. */
export const diagnosis = fields({
  gateway: gateway
    .optional()
    .describe("A gateway that uses the token. A real request goes through it, from the token's host."),
  fallbackKey: variable
    .optional()
    .describe("Where a billable key is that serves calls when the token does not."),
  logs: logs.prefault({}).describe("Lines that are counted in the services' logs."),
  failedTasks: hostCommand("/opt/platform/bin/count-failed-tasks")
    .optional()
    .describe("A command on the token's host that prints how many tasks a 401 has failed lately."),
  refresh: hostCommand("/opt/platform/bin/refresh-from-disk")
    .optional()
    .describe("The site's command that makes its services read the token from disk again. It is only shown."),
}).describe("How `claude-fleet diagnose` finds out whether the token is dead. It skips what is left out.");

const repository = text({
  title: "a GitHub repository",
  example: "example/platform",
  pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9_.-]{1,100}$/,
  longest: 140,
});

const homePath = filePath(CREDENTIALS_BELOW_HOME).regex(
  /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))/,
  otherwise({
    message: "must lie below the home of the person who rotates",
    remedy: `Write something like ${CREDENTIALS_BELOW_HOME}.`,
  }),
);

const account = fields({
  email: email.optional().describe("The account's e-mail address. Without it, any address is right."),
  organization: uuid
    .optional()
    .describe("The account's organization. Without it, any organization is right."),
});

const environment = fields({
  file: environmentFile.describe("An environment file on the token's host."),
  variables: list(variableName, "variables", 10).describe("The variables that hold the bare token."),
});

const GITHUB = "https://api.github.com";

const issue = fields({
  apiUrl: serverUrl(GITHUB).prefault(GITHUB).describe("The base URL of GitHub's API."),
  repository: repository.describe("The issue's repository."),
  number: whole(1, 1_000_000_000, { what: "an issue's number", example: 2395 }).describe(
    "The issue's number.",
  ),
  tokenFile: filePath("/home/operator/.config/claude-fleet/github-token")
    .optional()
    .describe(
      "A file with a GitHub token on the operator's machine; a relative path starts in the project's folder. Without it, the token comes from `GH_TOKEN` or `GITHUB_TOKEN`.",
    ),
});

const alert = fields({
  alertmanager: serverUrl("https://alertmanager.example.net").describe(
    "Alertmanager's base URL as the operator's machine reaches it.",
  ),
  name: text({
    title: "an alert's name",
    example: "reauth_required",
    pattern: /^[A-Za-z_][\w:.-]*$/,
    longest: 200,
  }).describe("The value of the alert's label `alertname`."),
  wait: usualDuration("15m", 0, 86_400).describe("How long a rotation waits until the alert is clear."),
  poll: usualDuration("15s", 1, 3600).describe("The time between two questions to Alertmanager."),
});

const keychainItem = text({
  title: "a keychain item's name",
  example: "Claude Code-credentials",
  pattern: /^[A-Za-z0-9][\w .-]*$/,
  longest: 100,
});

const login = fields({
  file: homePath.prefault(CREDENTIALS_BELOW_HOME).describe("The login's file, below that person's home."),
  keychain: keychainItem
    .prefault("Claude Code-credentials")
    .describe("The login's item in the macOS keychain."),
});

/** One token's `rotation`. */
export const rotation = fields({
  account: account.prefault({}).describe("The account that must be signed in where a token is minted."),
  environment: environment
    .optional()
    .describe("Where services look for the bare token. Every variable gets the same value."),
  task: hostCommand("/opt/platform/bin/run-small-task")
    .optional()
    .describe(
      'A command on the token\'s host that runs a small real task and prints `{"cost": 0, "source": "max_subscription"}`.',
    ),
  freeSources: markers("max_subscription").describe(
    "Sources of that task's answer that cost nothing. With an empty list, any source is right.",
  ),
  issue: issue.optional().describe("The GitHub issue on which a rotation comments."),
  alert: alert.optional().describe("The alert that a dead token raises."),
  login: login.prefault({}).describe("Where Claude Code keeps the login of the person who rotates."),
}).describe("What `claude-fleet rotate` needs beyond the token itself. It skips what is left out.");
