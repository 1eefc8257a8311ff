/** The step `deliver`: writes the token on its host, as the candidate and into the environment file. */
import { ExpectedError } from "../../../lib/expected-error.ts";
import { hostToken } from "../../../plan/requests/token.ts";
import { ask } from "../../stack/find-token.ts";
import { holdLock, type Rotation, type Say } from "../rotation.ts";

/** Delivers the token. @throws {ExpectedError} when it did not arrive; the host then has its previous file */
export async function deliver(rotation: Rotation, say: Say): Promise<string> {
  const { plan, token } = rotation.target;
  await holdLock(rotation, false);
  const { id } = rotation.journal;
  const content = await rotation.folder.keptToken();
  const said: string[] = [];
  if (content !== undefined) {
    say(`writing ${token.file}`);
    const request = { action: "deliver-token", token: hostToken(plan, token), id, content } as const;
    const { sha256, changed } = await ask(rotation, request, say);
    said.push(`${token.file} ${changed ? "is" : "was already"} ${sha256.slice(0, 12)}`);
  } else if (rotation.state.file.sha256 === null) {
    throw new ExpectedError(
      "No token is kept here, and none is on the host. Run `claude-fleet rotate` again.",
    );
  }
  said.push(...(await writeEnvironment(rotation, say)));
  // The host has it now, so the copy here must go.
  await rotation.folder.dropToken();
  return said.join("; ");
}

/** Copies the token of the host's file into the environment file there. @returns what was done, as clauses */
export async function writeEnvironment(rotation: Rotation, say: Say): Promise<readonly string[]> {
  const { plan, token } = rotation.target;
  const { environment } = token.rotation;
  if (environment === undefined) return [];
  say(`writing ${environment.file}`);
  const { changed } = await ask(rotation, {
    action: "sync-environment",
    token: hostToken(plan, token),
    id: rotation.journal.id,
    environment,
  });
  if (environment.variables.includes("ANTHROPIC_API_KEY")) {
    const warning =
      "ANTHROPIC_API_KEY holds the token as well. Claude Code sends that variable as an API key, and prefers it to CLAUDE_CODE_OAUTH_TOKEN.";
    if (!rotation.findings.includes(warning)) rotation.findings.push(warning);
  }
  return [changed.length === 0 ? "the environment file had it" : `${changed.join(" and ")} replaced`];
}
