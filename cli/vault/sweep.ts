/** `claude-fleet vault sweep`: revokes the tokens that a review has found to be nobody's. */
import { VAULT_WORK } from "../../contract/command-input.ts";
import { readStandardInput } from "../standard-input.ts";
import { straysNamedIn } from "../../plan/stray-tokens.ts";
import { runVaultWork } from "./work.ts";

/** Names of the tokens come from the note that made the command run; whose they are, Vault says. @returns the exit code */
export async function sweep(note = process.env["drift"] ?? ""): Promise<number> {
  const { fleet, vault } = await readStandardInput(VAULT_WORK.sweep.input);
  return runVaultWork(vault, async (admin) => {
    const problems: string[] = [];
    for (const accessor of straysNamedIn(note)) {
      const problem = await admin.revokeStray(fleet, accessor);
      if (problem === undefined) process.stderr.write(`revoked the token ${accessor}\n`);
      else problems.push(problem);
    }
    return problems;
  });
}
