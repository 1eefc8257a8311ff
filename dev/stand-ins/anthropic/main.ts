/** The stand-in for Anthropic as a process: `main.ts FOLDER`, where FOLDER holds config.json and all that it keeps. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Accounts, type AccountsState } from "./accounts.ts";
import { type BehaviourRule, Behaviours } from "./behaviours.ts";
import { ensureCertificates } from "../../certificates.ts";
import { ANTHROPIC_HOSTS } from "./hosts.ts";
import { LoginCodes } from "./login-codes.ts";
import { RequestLog } from "./request-log.ts";
import { type Listener, listen } from "./server.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: main.ts FOLDER");

const { listeners } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as {
  readonly listeners: readonly Listener[];
};
const secret = readFileSync(join(folder, "control-secret"), "utf8");
const accountsFile = join(folder, "accounts.json");
const behavioursFile = join(folder, "behaviours.json");

const target = {
  accounts: new Accounts(load<AccountsState>(accountsFile, { accounts: [], tokens: [] }), (state) =>
    save(accountsFile, state),
  ),
  behaviours: new Behaviours(load<readonly BehaviourRule[]>(behavioursFile, []), (rules) =>
    save(behavioursFile, rules),
  ),
  codes: new LoginCodes(),
  log: new RequestLog(),
};

const certificates = await ensureCertificates(folder, {
  name: "claude-fleet development stand-in for Anthropic",
  hosts: ANTHROPIC_HOSTS,
});
await listen(listeners, certificates, secret, target);
console.log(`serving at ${listeners.map(({ address, port }) => `${address}:${port}`).join(", ")}`);

function load<T>(path: string, otherwise: T): T {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : otherwise;
}

/** Synchronous: a token must not be handed out, or used up, before that is on the disk. */
function save(path: string, content: unknown): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, JSON.stringify(content));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
