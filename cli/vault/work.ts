/** What the commands that change Vault share: the operator's token, and how they end. */
import { NO_TOKEN, operatorToken, VaultAdmin } from "../../remote/vault-admin.ts";
import type { VaultAccess } from "../../contract/connection.ts";

/**
 * Does `work` as the operator. What it returns are problems, one sentence each; they go to standard error.
 * @returns the exit code: 0 only without any
 */
export async function runVaultWork(
  access: VaultAccess,
  work: (admin: VaultAdmin) => Promise<readonly string[]>,
): Promise<number> {
  const token = await operatorToken(process.env);
  const problems = token === undefined ? [`${NO_TOKEN}.`] : await work(new VaultAdmin(access, token));
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}
