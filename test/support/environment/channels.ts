/** Every place outside homes and Vault in which a careless program could leave a secret, as text to be searched. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { STACK } from "../../../dev/stack.ts";
import { expectSuccess, pulumi, shellVariables } from "./pulumi.ts";
import { printed } from "./run.ts";
import { findSecrets, type Secret } from "./secrets.ts";
import { onWorkstation } from "./workstation.ts";

/** Texts by the name of their channel. */
export type Channels = ReadonlyMap<string, string>;

/** Reads the current text of every channel. */
export async function readChannels(environment: DevEnvironment): Promise<Channels> {
  const exported = await pulumi(environment, ["stack", "export", "--show-secrets"]);
  const [state, settings, logs, journal, places, [inspected, printedByContainers]] = await Promise.all([
    filesBelow("pulumi/state-stand-in").catch(() => filesBelow("pulumi/state-official")),
    readFile(join(checkout.root, `Pulumi.${STACK}.yaml`), "utf8"),
    filesBelow("log"),
    onWorkstation(environment, "journalctl --no-pager -a -o export"),
    onWorkstation(environment, "sh -us", WORKSTATION_PLACES),
    containers(environment),
  ]);
  return new Map([
    ["the exported, decrypted state", expectSuccess(exported).stdout],
    ["the state's files", state],
    ["the stack's settings", settings],
    ["the environment's logs", logs],
    ["the workstation's journal", journal],
    ["the workstation's files outside homes, and the agents' logs", places],
    ["docker inspect", inspected],
    ["docker logs", printedByContainers],
  ]);
}

/** Which secret was found in which channel, one line each. */
export function leaksIn(channels: Channels, secrets: readonly Secret[]): readonly string[] {
  return [...channels].flatMap(([channel, text]) =>
    findSecrets(text, secrets).map((secret) => `${channel}: ${secret}`),
  );
}

/** What the fleet writes there, what others can read there, and what the agents say. */
const WORKSTATION_PLACES = `
find /etc/claude-fleet /etc/systemd/system /usr/local/lib/claude-fleet /var/lib/claude-fleet /var/log /tmp /run/claude-fleet \
  -type f ! -path '/var/log/journal/*' -size -20M -exec cat {} + 2>/dev/null || true
cat /home/*/.local/state/claude-auth-sync/* /home/*/.bash_history 2>/dev/null || true
`;

async function containers(environment: DevEnvironment): Promise<readonly [string, string]> {
  const env = shellVariables(environment);
  const ids = (await printed("docker", ["ps", "-aq"], { env })).split("\n").filter((id) => id !== "");
  const logs = environment.serviceContainers.map((name) =>
    printed("sh", ["-c", `docker logs ${name} 2>&1`], { env }),
  );
  return [await printed("docker", ["inspect", ...ids], { env }), (await Promise.all(logs)).join("\n")];
}

/** Contents of all files below a folder of the environment; bytes that are no text are kept as they come. */
async function filesBelow(folder: string): Promise<string> {
  const root = join(checkout.folder, folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")),
  );
  return texts.join("\n");
}
