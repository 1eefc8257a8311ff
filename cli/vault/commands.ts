/** `claude-fleet vault ...`: what the stack's command resources change in Vault, one command for each kind of work. */
import type { Command } from "commander";
import {
  DRIFT_VARIABLE,
  VAULT_WORK,
  type VaultWork,
  type VaultWorkInput,
} from "../../contract/command-input.ts";
import { accessorsNamedIn } from "../../plan/drift/unowned-tokens.ts";
import { NO_TOKEN, operatorToken } from "../../remote/operator-token.ts";
import { VaultAdmin } from "../../remote/vault-admin.ts";
import { addHelpEnd, addHelpPointer } from "../help.ts";
import { exitCodeOf, printProblems } from "../problems.ts";
import { readStandardInput } from "../json-input.ts";

/** Does the work as the operator. @returns problems, one sentence each */
type Work<Name extends VaultWork> = (
  admin: VaultAdmin,
  input: VaultWorkInput<Name>,
) => Promise<readonly string[]>;

const WORK: { readonly [Name in VaultWork]: Work<Name> } = { sweep, purge };

/** Adds the commands. */
export function addVaultCommands(program: Command): void {
  const vault = program.command("vault").description("change Vault; reads a JSON request on standard input");
  for (const name of Object.keys(WORK) as VaultWork[]) {
    const command = vault
      .command(name)
      .description(VAULT_WORK[name].help)
      .action(exitCodeOf(() => runWork(name)));
    addHelpEnd(command, [
      `claude-fleet vault ${name} < request.json   # the request stands in the stack's state`,
    ]);
  }
  addHelpPointer(vault, "claude-fleet vault");
}

async function runWork<Name extends VaultWork>(name: Name): Promise<number> {
  const input = (await readStandardInput(VAULT_WORK[name].input)) as VaultWorkInput<Name>;
  const token = await operatorToken(process.env);
  if (token === undefined) return printProblems([`${NO_TOKEN}.`]);
  return printProblems(await WORK[name](new VaultAdmin(input.vault, token), input));
}

/** Revokes the unowned tokens that the drift of the command names. Vault says whose they are. */
async function sweep(admin: VaultAdmin, { fleet }: VaultWorkInput<"sweep">): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const accessor of accessorsNamedIn(process.env[DRIFT_VARIABLE] ?? "")) {
    const problem = await admin.revokeUnowned(fleet, accessor);
    if (problem === undefined) process.stderr.write(`revoked the token ${accessor}\n`);
    else problems.push(problem);
  }
  return problems;
}

async function purge(
  admin: VaultAdmin,
  { fleet, user, metadataPath }: VaultWorkInput<"purge">,
): Promise<readonly string[]> {
  const problem = await admin.purge(fleet, user, metadataPath);
  return problem === undefined ? [] : [`${problem}.`];
}
