/** Schema of a token's `diagnosis` and `rotation`: everything that another site has elsewhere, or under another name. */
import { isVariableName } from "./names.ts";
import { kind, list, matching, notA, strict, text, whole, type Reading } from "./kinds.ts";
import { absolutePath, commandWords, duration, email, filePath, serverUrl, uuid } from "./places.ts";

const variableName = text("an environment variable's name", "CLAUDE_CODE_OAUTH_TOKEN", (value) =>
  isVariableName(value) ? undefined : notA("the name of an environment variable", "CLAUDE_CODE_OAUTH_TOKEN"),
);

const ENVIRONMENT_FILE = "/home/deploy/platform/.env.production";

const variable = strict({ file: absolutePath(ENVIRONMENT_FILE), variable: variableName });

/** A text that a log line holds as it is. Short ones would be found everywhere. */
const marker = text("a text that log lines hold", "gateway_using_fallback_key", (value) =>
  value.length >= 3 && value.length <= 200 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value)
    ? undefined
    : notA("a text of 3 to 200 characters on one line", "gateway_using_fallback_key"),
);

const markers = list(marker, "texts", 20);

/** A command on the token's host: its program by an absolute path, since a login's PATH is not root's. */
const hostCommand = kind("a command", "[/opt/platform/bin/count-401s]", (value): Reading<string[]> => {
  const words = commandWords.safeParse(value);
  const fine = words.success && (words.data[0] ?? "").startsWith("/") && words.data.length <= 100;
  return fine
    ? { value: words.data }
    : notA("the words of a command, an absolute path first", "[/opt/platform/bin/count-401s]");
});

const model = matching(
  "a model of the Messages API",
  "claude-haiku-4-5",
  /^[A-Za-z0-9][A-Za-z0-9.:@[\]-]*$/,
  100,
);

/** One token's `diagnosis`. */
export const diagnosis = strict({
  gateway: strict({
    url: serverUrl("https://api.example.net"),
    model: model.default("claude-haiku-4-5"),
    key: variable,
  }).optional(),
  fallbackKey: variable.optional(),
  logs: strict({
    window: duration("1h", 1, 86_400).default(3600),
    noise: markers.default([]),
    refused: markers.default([]),
    fallback: markers.default([]),
    subscription: markers.default([]),
  }).prefault({}),
  failedTasks: hostCommand.optional(),
  refresh: hostCommand.optional(),
});

const repository = matching(
  "a GitHub repository",
  "example/platform",
  /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9_.-]{1,100}$/,
  140,
);

/** Below somebody's home, whoever rotates. */
const homePath = filePath(".claude/.credentials.json").transform((value, context) => {
  if (!value.startsWith("/") && !value.split("/").includes("..")) return value;
  const remedy = "Write something like .claude/.credentials.json.";
  context.addIssue({
    code: "custom",
    message: "must lie below the home of who rotates",
    params: { remedy, part: "value" },
  });
  return value;
});

/** One token's `rotation`. */
export const rotation = strict({
  account: strict({ email: email.optional(), organization: uuid.optional() }).prefault({}),
  environment: strict({
    file: absolutePath(ENVIRONMENT_FILE),
    variables: list(variableName, "variables", 10),
  }).optional(),
  task: hostCommand.optional(),
  freeSources: markers.default([]),
  issue: strict({
    apiUrl: serverUrl("https://api.github.com").default("https://api.github.com"),
    repository,
    number: whole(1, 1_000_000_000, "an issue's number"),
    tokenFile: filePath("/home/operator/.config/claude-fleet/github-token").optional(),
  }).optional(),
  alert: strict({
    alertmanager: serverUrl("https://alertmanager.example.net"),
    name: matching("an alert's name", "reauth_required", /^[A-Za-z_][\w:.-]*$/, 200),
    wait: duration("15m", 0, 86_400).default(900),
    poll: duration("15s", 1, 3600).default(15),
  }).optional(),
  login: strict({
    file: homePath.default(".claude/.credentials.json"),
    keychain: matching(
      "a keychain item's name",
      "Claude Code-credentials",
      /^[A-Za-z0-9][\w .-]*$/,
      100,
    ).default("Claude Code-credentials"),
  }).prefault({}),
});
