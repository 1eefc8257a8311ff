/** Changes the token file of the five services as an operator would, and puts back what was there. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { writeTokenFile } from "../../../dev/token-host.ts";

/** Whose seat pays for the five services in these tests. */
const EMAIL = "platform@example.com";

/** A token file's content, and the digests by which its parts are known elsewhere. */
export interface TokenFile {
  readonly content: unknown;
  /** Of the whole file, in hexadecimal: its name in `auth.d` and on the containers. */
  readonly sha256: string;
  /** Of the access token: its name in the stand-in's request log. */
  readonly tokenSha256: string;
}

const tokenContent = z.looseObject({ claudeAiOauth: z.looseObject({ accessToken: z.string() }) });
const digest = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");

/** The file that is there. @param file another than the environment's */
export async function currentTokenFile({ tokenFile }: DevEnvironment, file = tokenFile): Promise<TokenFile> {
  const bytes = await readFile(file);
  const content = tokenContent.parse(JSON.parse(bytes.toString("utf8")));
  return { content, sha256: digest(bytes), tokenSha256: digest(content.claudeAiOauth.accessToken) };
}

/** Puts a token file in place: 0600, its owner's. */
export async function putTokenFile(
  environment: DevEnvironment,
  content: unknown,
  file = environment.tokenFile,
): Promise<TokenFile> {
  await writeTokenFile(content, file);
  return currentTokenFile(environment, file);
}

/** Puts a file with a new token in place; `revoked`: one that the API refuses. */
export async function putNewToken(
  environment: DevEnvironment,
  { revoked = false, file }: { readonly revoked?: boolean; readonly file?: string } = {},
): Promise<TokenFile> {
  const written = await putTokenFile(environment, await environment.anthropic.setupToken(EMAIL), file);
  if (revoked) await environment.anthropic.revoke({ sha256: written.tokenSha256 });
  return written;
}
