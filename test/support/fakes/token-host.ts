/** A token host in a folder, and the requests of a rotation to it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostRequest } from "../../../contract/actions.ts";
import type { HostToken } from "../../../contract/token-file.ts";
import { handle } from "../../../host/handlers.ts";
import type { Session } from "../../../host/session.ts";
import { setupToken } from "./login.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const session = { progress: () => undefined } as unknown as Session;
const system = () => Promise.reject(new Error("a rotation needs no systemd"));

/** The uid of the tests' own process. */
export const own = process.getuid?.() ?? 0;
export const BORIS = { id: "11111111-boris", by: "boris@laptop" };
export const ANCA = { id: "22222222-anca", by: "anca@desk" };

/** Returns the text of a token file. */
export const tokenText = (oauth: Record<string, unknown>) => `${JSON.stringify({ claudeAiOauth: oauth })}\n`;

/** Does what a request asks of the host. */
export const act = async (request: HostRequest) => (await handle(request, { session, system })).result;

/** Asks for the rotation lock. */
export const take = (token: HostToken, owner = BORIS, takeOver = false) =>
  act({ action: "rotation-lock", token, owner, takeOver });

/** Creates a folder with a token file, and names an environment file beside it. */
export async function tokenHost(apiUrl = "http://127.0.0.1:1", oauth = setupToken("old")) {
  const folder = await temporaryFolder();
  const file = join(folder, "auth.json");
  await writeFile(file, tokenText(oauth), { mode: 0o600 });
  const token: HostToken = {
    protocol: 1,
    fleet: "unittest",
    name: "platform",
    file,
    uids: [own],
    gate: { probe: "https", allowRefreshToken: false, apiUrl, claude: undefined, model: "some-model" },
  };
  const environment = {
    file: join(folder, ".env"),
    variables: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"],
  };
  return { folder, token, environment };
}
