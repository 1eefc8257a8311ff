/** What `npm run up` prints at its end: what exists, and what to try next. */
import * as z from "zod";
import { devEnvironment } from "./environment.ts";
import { PEOPLE } from "./people.ts";
import { stackOutput } from "./stack.ts";

const loginCommands = z.record(z.string(), z.string());

/** The text, of some twenty lines. */
export async function describeEnvironment(variables: Readonly<Record<string, string>>): Promise<string> {
  const environment = await devEnvironment();
  const awaiting = loginCommands.parse(await stackOutput("awaitingLogin", variables));
  const loggedIn = PEOPLE.filter(({ loggedIn: yes }) => yes).map(({ user }) => user);
  const logins = Object.entries(awaiting).flatMap(([user, login]) => logInLines(user, login));
  return [
    "",
    "The development fleet is up:",
    `  Vault        ${environment.vault.address} (OpenBao)`,
    `  workstation  devvm, with ${loggedIn.join(" and ")} logged in`,
    `  services     ${environment.serviceContainers.join("\n               ")}`,
    `  token file   ${environment.tokenFile}`,
    `  Anthropic    a stand-in, ${environment.apiUrl}`,
    ...logins,
    "",
    "Try next:",
    '  eval "$(npm run -s dev:env)"     # a shell in which pulumi, bao and docker speak to all this',
    "  npx pulumi preview               # nothing to change",
    "  $DEV_WORKSTATION_SSH runuser -u alice -- claude-auth-sync now",
    "  $DEV_WORKSTATION_SSH journalctl -t claude-auth-sync",
    "  bao kv get secret/workstation/claude-users/alice",
    "  npm run down                     # takes all of it away again",
    "",
  ].join("\n");
}

/** How somebody logs in here, where no browser reaches a stand-in for claude.ai. */
function logInLines(user: string, login: string): readonly string[] {
  const email = PEOPLE.find((person) => person.user === user)?.email ?? `${user}@example.com`;
  return [
    "",
    `${user} must log in once. In the shell of "Try next" below, with the code that a browser would show:`,
    `  curl -s $DEV_API_CONTROL/login-codes -d '{"email":"${email}"}'`,
    `  $DEV_WORKSTATION_SSH -t runuser -l ${user} -c '"${login}"'`,
  ];
}
