/** Obviously fake logins, built at run time so that no scanner takes them for real logins. */

/** Returns a `claudeAiOauth` object as the CLI writes it; `name` tells logins apart. */
export function login(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    accessToken: `fake-access-${name}`,
    refreshToken: `fake-refresh-${name}`,
    expiresAt: Date.now() + 3_600_000,
    scopes: ["user:inference", "user:profile"],
    subscriptionType: "enterprise",
    ...changes,
  };
}

/** Returns a login without a refresh token, as `claude setup-token` makes it. */
export function setupToken(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const token = login(name, changes);
  delete token["refreshToken"];
  return token;
}
