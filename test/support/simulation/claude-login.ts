/** The login in a credentials file, as the simulated CLI reads it. */
import type { CliPort } from "./claude-port.ts";

/** A login as a CLI holds it in memory. */
export interface HeldLogin {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Milliseconds since the epoch, by the host's clock. */
  readonly expiresAt: number;
}

/** The login in the file. `blank`: a login that the CLI has emptied. */
export async function readLogin(cli: CliPort): Promise<HeldLogin | "blank" | undefined> {
  const reading = await cli.files.read(`${cli.folder}/.credentials.json`, 1 << 20);
  return reading.kind === "file" ? loginIn(reading.text) : undefined;
}

/** Returns the login in a file's text. */
function loginIn(text: string): HeldLogin | "blank" | undefined {
  let oauth: Record<string, unknown> | undefined;
  try {
    oauth = (JSON.parse(text) as { claudeAiOauth?: Record<string, unknown> } | null)?.claudeAiOauth;
  } catch {
    return undefined;
  }
  if (typeof oauth !== "object" || oauth === null) return undefined;
  const { accessToken, refreshToken, expiresAt } = oauth;
  if (accessToken === "") return "blank";
  if (typeof accessToken !== "string") return undefined;
  return {
    accessToken,
    refreshToken: typeof refreshToken === "string" && refreshToken !== "" ? refreshToken : undefined,
    expiresAt: typeof expiresAt === "number" ? expiresAt : 0,
  };
}
