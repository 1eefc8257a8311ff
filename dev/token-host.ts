/** The token file that the five services follow: on this machine, which plays the token host. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import type { AnthropicControl } from "./anthropic/client.ts";
import { checkout, devFolder } from "./checkout.ts";

/** Absolute path of the token file, the candidate for the rollout. */
export const tokenFile = join(checkout.folder, "token-host/auth.json");

/** Whose setup token it is. */
const EMAIL = "platform@example.com";

/** Owner of the file; nobody on the machine need have this number. */
const OWNER = { uid: 1000, gid: 1000 };

/** Writes a token file with a fresh setup token where there is none. */
export async function ensureTokenFile(control: AnthropicControl): Promise<string> {
  if (existsSync(tokenFile)) return "already there";
  devFolder("token-host");
  await writeTokenFile(await control.setupToken(EMAIL));
  return tokenFile;
}

/** Puts another content at the token file's place, as an operator's copy does. */
export async function writeTokenFile(content: unknown, file = tokenFile): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(content)}\n`, { mode: 0o600, owner: OWNER });
}
