/** Obtains a token and keeps it at once: what was printed once is never asked for twice. */
import { createInterface } from "node:readline/promises";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { credentialKind, textOf, type OauthObject } from "../../../claude/credentials.ts";
import { parseTokenFile } from "../../../host/token/parse-token-file.ts";
import { tokenFingerprint } from "../../../host/rotation/rotation-state.ts";
import { fileOf, recognise, tokenFileOf } from "../../../plan/rotation/find-token.ts";
import { requireClaude } from "./prerequisites.ts";
import { remember, sha256Of, type Rotation, type Say } from "../rotation.ts";
import { readLogin } from "../sources/login.ts";
import { runSetupToken } from "../sources/setup-token.ts";

/** The deployed token was given again: there is nothing to rotate. */
export class SameTokenError extends ExpectedError {}

/** @returns what is said about it */
export async function obtain(rotation: Rotation, say: Say): Promise<string> {
  const { options, folder, state } = rotation;
  if (options.source !== "stdin") await agree(rotation);
  const content = contentOf(await read(rotation, say), options.source, Date.now());
  const oauth = oauthOf(content);
  const fingerprint = tokenFingerprint(oauth);
  if (fingerprint === state.file.fingerprint) {
    throw new SameTokenError("This is the token that is deployed already; nothing was done.");
  }
  await folder.keep(content);
  await remember(rotation, { source: options.source, target: sha256Of(content), fingerprint });
  return `a ${credentialKind(oauth)}, fingerprint ${fingerprint}`;
}

/** The token file for what was read. Pure. @throws {ExpectedError} that never quotes a part of it */
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
        `What came from ${NAMES[source] ?? source} is no token: ${found.why}. Run \`claude-fleet rotate\` again.`,
      );
  }
}

const NAMES: Readonly<Record<string, string>> = {
  stdin: "standard input",
  login: "the login on this machine",
  "setup-token": "`claude setup-token`",
};

/** The object in a kept token file. @throws {ExpectedError} when it is none */
export function oauthOf(content: string): OauthObject {
  const found = parseTokenFile(content);
  if (found.kind !== "invalid" && textOf(found.oauth, "accessToken") !== "") return found.oauth;
  throw new ExpectedError(
    `The token is not one that can be used: ${found.kind === "invalid" ? found.why : "it is empty"}.`,
  );
}

async function read(rotation: Rotation, say: Say): Promise<string> {
  switch (rotation.options.source) {
    case "stdin":
      say("reading the token from standard input");
      return readStandardInput();
    case "setup-token":
      return runSetupToken(await requireClaude(rotation), rotation.folder);
    case "login":
      return readLogin(await requireClaude(rotation), rotation.target.token.rotation.login, say);
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** @throws {ExpectedError} when the operator does not want to */
async function agree({ options, target }: Rotation): Promise<void> {
  const { email } = target.token.rotation.account;
  const warning = `A new token${email === undefined ? "" : ` of ${email}`} may end every other one of that account: here, on the host and wherever else one is used.`;
  process.stderr.write(`\n${warning}\n`);
  if (options.yes) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question("Make one? [y/N] ");
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new ExpectedError("No token was made, as you said; nothing was changed.");
}
