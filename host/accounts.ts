/** Reads OS users from every source that the host knows (files, LDAP, …), by getent(1). */
import { ExpectedError } from "../lib/expected-error.ts";
import { describeEnd, type ProcessEnd } from "../lib/process.ts";
import { runProcess } from "../lib/run-process.ts";
import type { Account } from "./system.ts";

/** Returns those of `names` that exist, in one call. @throws {ExpectedError} when the name service fails */
export async function readAccounts(names: readonly string[]): Promise<ReadonlyMap<string, Account>> {
  if (names.length === 0) return new Map();
  const end = await getent(names);
  // getent(1) ends with 2 when a name is unknown, and still prints the others.
  if (end.code !== 0 && end.code !== 2) {
    throw new ExpectedError(
      `getent passwd ${describeEnd(end)} on the host; repair its name service (see nsswitch.conf).`,
    );
  }
  return parseAccounts(end.stdout, names);
}

/** Parses accounts in the format of passwd(5). Returns only those of `names`, and skips malformed lines. */
export function parseAccounts(text: string, names: readonly string[]): ReadonlyMap<string, Account> {
  const wanted = new Set(names);
  const accounts = new Map<string, Account>();
  for (const line of text.split("\n")) {
    const [name = "", , uid = "", gid = "", , home = ""] = line.split(":");
    if (!wanted.has(name) || accounts.has(name)) continue;
    if (!/^\d{1,10}$/.test(uid) || !/^\d{1,10}$/.test(gid) || !home.startsWith("/")) continue;
    accounts.set(name, { name, uid: Number(uid), gid: Number(gid), home });
  }
  return accounts;
}

/** Returns the account with this uid; undefined when there is none. */
export async function accountOf(uid: number): Promise<Account | undefined> {
  const { stdout } = await getent([String(uid)]);
  const [name = ""] = stdout.split(":");
  const account = parseAccounts(stdout, [name]).get(name);
  return account?.uid === uid ? account : undefined;
}

function getent(keys: readonly string[]): Promise<ProcessEnd> {
  return runProcess("getent", ["passwd", "--", ...keys], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" },
    deadlineMs: 30_000,
    maxOutputBytes: 4 * 1024 * 1024,
  });
}
