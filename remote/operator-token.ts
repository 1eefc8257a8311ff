/** Finds the operator's own Vault token. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** What is missing when {@link operatorToken} finds no token, as a clause. */
export const NO_TOKEN =
  "there is no Vault token here; export VAULT_TOKEN or run `vault login`, then `pulumi up` again";

/**
 * Returns the operator's Vault token, as the `vault` command and the provider find it: VAULT_TOKEN, else `~/.vault-token`.
 * @returns undefined when there is none
 */
export async function operatorToken(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fromEnvironment = environment["VAULT_TOKEN"]?.trim();
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  const file = path.join(homedir(), ".vault-token");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.trim() === "" ? undefined : text.trim();
}
