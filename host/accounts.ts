/** OS users, from every source that the host knows (files, LDAP, …), as getent(1) shows them. */
import { ExpectedError } from "../lib/expected-error.ts";
import { describeEnd, type ProcessEnd } from "../lib/process.ts";
import { runProcess } from "../lib/run-process.ts";
import type { Account } from "./system.ts";

/** Those of `names` that exist, in one call. @throws {ExpectedError} when the name service fails */
export async function readAccounts(names: readonly string[]): Promise<ReadonlyMap<string, Account>> {
  if (names.length === 0) return new Map();
  const end = await getent(names);
  // getent(1): 2 says that at least one name is unknown; the others are printed all the same.
  if (end.code !== 0 && end.code !== 2) {
    throw new ExpectedError(`getent passwd ${describeEnd(end)} on the host; mend its name service.`);
  }
  return parseAccounts(end.stdout, names);
}

/** Accounts in the format of passwd(5), restricted to `names`. Lines that do not fit the format are left out. */
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

/** The account with this number; undefined when there is none. */
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
