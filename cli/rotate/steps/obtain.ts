/** The step `obtain`: gets a new token and keeps it at once, because a token is printed only once. */
import { createInterface } from "node:readline/promises";
import { text as readAll } from "node:stream/consumers";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { isRefreshable, textOf, type OauthObject } from "../../../claude/credentials.ts";
import { sha256Of } from "../../../lib/sha256.ts";
import { parseTokenFile } from "../../../host/token/parse-token-file.ts";
import { tokenFingerprint } from "../../../host/rotation/rotation-state.ts";
import { fileOf, recognise, tokenFileOf } from "../../../plan/rotation/find-token.ts";
import { requireClaude } from "./prerequisites.ts";
import { writeJournal, type Rotation, type Say } from "../rotation.ts";
import { readLogin } from "../sources/login.ts";
import { runSetupToken } from "../sources/setup-token.ts";

/** The given token is the deployed one, so there is nothing to rotate. */
export class SameTokenError extends ExpectedError {}

/** Obtains a token. @returns its kind and fingerprint */
export async function obtain(rotation: Rotation, say: Say): Promise<string> {
  const { options, folder, state } = rotation;
  if (options.source !== "stdin") await confirm(rotation);
  const content = contentOf(await read(rotation, say), options.source, Date.now());
  const oauth = oauthOf(content);
  const fingerprint = tokenFingerprint(oauth);
  if (fingerprint === state.file.fingerprint) {
    throw new SameTokenError("This token is deployed already. Nothing was done.");
  }
  await folder.keepToken(content);
  await writeJournal(rotation, { source: options.source, target: sha256Of(content), fingerprint });
  return `a ${isRefreshable(oauth) ? "login" : "setup-token"}, fingerprint ${fingerprint}`;
}

/** Returns the token file for a text that was read. @throws {ExpectedError} that quotes no part of the text */
export function contentOf(text: string, source: string, nowMs: number): string {
  const found = recognise(text);
  switch (found.kind) {
    case "token":
      return tokenFileOf(found.token, nowMs, text);
    case "credentials":
      return fileOf(found.oauth);
    case "broken":
    case "none":
      throw new ExpectedError(
        `${NAMES[source] ?? source} gave no token: ${found.why}. Run \`claude-fleet rotate\` again.`,
      );
  }
}

const NAMES: Readonly<Record<string, string>> = {
  stdin: "Standard input",
  login: "The login on this machine",
  "setup-token": "`claude setup-token`",
};

/** Returns the credential in a kept token file. @throws {ExpectedError} when the file holds none */
export function oauthOf(content: string): OauthObject {
  const found = parseTokenFile(content);
  if (found.kind !== "invalid" && textOf(found.oauth, "accessToken") !== "") return found.oauth;
  throw new ExpectedError(
    `This token cannot be used: ${found.kind === "invalid" ? found.why : "it is empty"}.`,
  );
}

async function read(rotation: Rotation, say: Say): Promise<string> {
  switch (rotation.options.source) {
    case "stdin":
      say("reading the token from standard input");
      return readAll(process.stdin);
    case "setup-token":
      return runSetupToken(await requireClaude(rotation), rotation.folder);
    case "login":
      return readLogin(await requireClaude(rotation), rotation.target.token.rotation.login, say);
  }
}

/** Warns, and asks for confirmation. @throws {ExpectedError} when the operator declines */
async function confirm({ options, target }: Rotation): Promise<void> {
  const { email } = target.token.rotation.account;
  const warning = `A new token${email === undefined ? "" : ` of ${email}`} may end every other token of that account: here, on the host and everywhere else.`;
  process.stderr.write(`\n${warning}\n`);
  if (options.yes) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question("Create a new token? [y/N] ");
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new ExpectedError("You declined. No token was created, and nothing was changed.");
}
