/** `claude-fleet vault sweep`: revokes the tokens that a review has found to be nobody's. */
import { z } from "zod";
import { straysNamedIn } from "../../plan/stray-tokens.ts";
import { readStandardInput, vaultAccess } from "../host/request.ts";
import { runVaultWork } from "./work.ts";

const request = z.strictObject({ fleet: z.string().min(1), vault: vaultAccess });

/** Names of the tokens come from the note that made the command run; whose they are, Vault says. @returns the exit code */
export async function sweep(note = process.env["drift"] ?? ""): Promise<number> {
  const { fleet, vault } = await readStandardInput(request);
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
