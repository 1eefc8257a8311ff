/** `claude-fleet vault purge`: destroys all backups of a user who has left. */
import { VAULT_WORK } from "../../contract/command-input.ts";
import { readStandardInput } from "../standard-input.ts";
import { runVaultWork } from "./work.ts";

/** @returns the exit code */
export async function purge(): Promise<number> {
  const { fleet, user, metadataPath, vault } = await readStandardInput(VAULT_WORK.purge.input);
  return runVaultWork(vault, async (admin) => {
    const problem = await admin.purge(fleet, user, metadataPath);
    return problem === undefined ? [] : [`${problem}.`];
  });
}
