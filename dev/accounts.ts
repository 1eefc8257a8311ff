/** Gives the workstation its users, and the logged-in ones their first login. */
import type { AnthropicControl } from "./stand-ins/anthropic/client.ts";
import { PEOPLE, type Person } from "./people.ts";
import type { Say } from "../lib/say.ts";
import { onWorkstation } from "./ssh.ts";
import { programLinks } from "./workstation.ts";

/** Marks what was done once and must not be done again: a login that somebody has broken on purpose stays broken. */
const MARKERS = "/var/lib/claude-fleet-dev";

/** Finishes a new workstation; does nothing to what an earlier `up` has finished. */
export async function ensureAccounts(control: AnthropicControl, say: Say): Promise<string> {
  const listing = await onWorkstation(`mkdir -p ${MARKERS} && ls ${MARKERS}`);
  const done = new Set(listing.split("\n"));
  if (!done.has("system")) {
    await onWorkstation(`update-ca-certificates >/dev/null && ${programLinks} && touch ${MARKERS}/system`);
  }
  const missing = PEOPLE.filter(({ user }) => !done.has(user));
  if (missing.length === 0) return "already there";
  await onWorkstation("sh -eus", missing.map(accountScript).join(""));
  for (const person of missing.filter(({ loggedIn }) => loggedIn)) {
    say(`${person.user} logs in`);
    await login(person, control);
  }
  await onWorkstation(`cd ${MARKERS} && touch ${missing.map(({ user }) => user).join(" ")}`);
  return missing.map(({ user }) => user).join(", ");
}

/** --badname: names with a dot are found in directories, and refused by default. */
const accountScript = ({ user, uid }: Person) =>
  `id ${user} >/dev/null 2>&1 || useradd --badname --create-home --shell /bin/bash --uid ${uid} ${user}\n`;

async function login({ user, email }: Person, control: AnthropicControl): Promise<void> {
  const { claudeAiOauth, account } = await control.login(email);
  // Something that is not ours to copy: what is backed up must not hold it.
  const mcpOAuth = {
    "tracker|0123456789abcdef": {
      serverName: "tracker",
      serverUrl: "https://mcp.example.com/",
      accessToken: `not-a-real-token-of-${user}`,
      expiresAt: 4_102_444_800_000,
    },
  };
  const settings = {
    hasCompletedOnboarding: true,
    oauthAccount: {
      accountUuid: account.uuid,
      emailAddress: account.email,
      organizationUuid: account.organization.uuid,
      organizationName: account.organization.name,
    },
  };
  // As that user, and over standard input: one line for each file.
  const files = [".claude/.credentials.json", ".claude.json"];
  const write = files.map((file) => `IFS= read -r line && printf "%s" "$line" > ${file}`).join(" && ");
  const lines = [{ claudeAiOauth, mcpOAuth }, settings].map((content) => `${JSON.stringify(content)}\n`);
  await onWorkstation(`runuser -l ${user} -c 'umask 077; mkdir -p .claude && ${write}'`, lines.join(""));
}
