/** Leaves alice's entry in Vault, and her login, as a benchmark has found them. */
import { command } from "../../lib/process.ts";
import type { DevEnvironment } from "../../dev/environment.ts";
import { vaultRequest } from "../../lib/vault-http.ts";
import { ENTRY, USER } from "./home.ts";

/** A run of alice's service at the end proves and stores the login that she had. */
export async function keepingEntry<T>(environment: DevEnvironment, work: () => Promise<T>): Promise<T> {
  const [ssh, ...args] = environment.workstationSsh;
  const there = (shell: string, input = "") => command(ssh, [...args, shell], { input });
  const unit = `claude-auth-sync@${USER}`;
  const state = `/home/${USER}/.local/state/claude-auth-sync/state.json`;
  const file = `/home/${USER}/.claude/.credentials.json`;
  await there(`systemctl stop ${unit}.timer`);
  const [login, memory] = [await there(`cat ${file}`), await there(`cat ${state}`)];
  const { data } = await read(environment);
  try {
    return await work();
  } finally {
    await there(`systemctl stop ${unit}.path`);
    await there(`cat > ${file}`, login);
    const body = { data };
    await vaultRequest(server(environment), { method: "POST", path: `secret/data/${ENTRY}`, body });
    await there(`cat > ${state}`, memory);
    await there(`systemctl start ${unit}.service; systemctl start ${unit}.path ${unit}.timer`);
  }
}

/** When the newest version of the entry was made, in milliseconds of Vault's clock, which is this machine's; and its login. */
export async function newestEntry(
  environment: DevEnvironment,
): Promise<{ readonly createdAt: number; readonly login: string }> {
  const { data, metadata } = await read(environment);
  return { createdAt: Date.parse(metadata.created_time), login: String(data["claude_ai_oauth_json"]) };
}

interface Entry {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: { readonly created_time: string };
}

async function read(environment: DevEnvironment): Promise<Entry> {
  const answer = await vaultRequest(server(environment), { method: "GET", path: `secret/data/${ENTRY}` });
  if (answer.kind !== "answer" || answer.status !== 200)
    throw new Error("Vault does not show alice's entry.");
  return (answer.body as { data: Entry }).data;
}

const server = ({ vault }: DevEnvironment) => ({
  ...vault,
  namespace: "",
  caPem: undefined,
  deadlineMs: 5000,
});
