/** `claude-fleet vault purge`: destroys all backups of a user who has left. */
import { z } from "zod";
import { readStandardInput, vaultAccess } from "../host/request.ts";
import { runVaultWork } from "./work.ts";

const request = z.strictObject({
  fleet: z.string().min(1),
  user: z.string().min(1),
  metadataPath: z.string().min(1),
  vault: vaultAccess,
});

/** @returns the exit code */
export async function purge(): Promise<number> {
  const { fleet, user, metadataPath, vault } = await readStandardInput(request);
  return runVaultWork(vault, async (admin) => {
    const problem = await admin.purge(fleet, user, metadataPath);
    return problem === undefined ? [] : [`${problem}.`];
  });
}
