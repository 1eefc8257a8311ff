/** The standard input of `claude-fleet host …`, as the Pulumi program writes it and the state keeps it. No secrets. */
import { z } from "zod";

const words = z.array(z.string()).readonly();
const connection = z.strictObject({
  address: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("local"), become: words }),
    z.strictObject({ kind: z.literal("ssh"), destination: z.string().min(1), become: words }),
  ]),
  ssh: z.object({ configFile: z.string().optional() }).transform(({ configFile }) => ({ configFile })),
});

/** How the operator reaches Vault, for the actions that mint or revoke. The token itself comes from the environment. */
export const vaultAccess = z.strictObject({
  address: z.string(),
  namespace: z.string(),
  caPem: z.string().optional(),
  role: z.string(),
});
export type VaultAccess = z.infer<typeof vaultAccess>;

/**
 * `plan` belongs to `retire`, `apply` and `remove`, `token` to `gate`, `check` to `verify`; their shapes are the
 * host protocol's, written by the same version of this program, and are checked by the host.
 */
export const commandInput = z.strictObject({
  connection,
  vault: vaultAccess.optional(),
  request: z.object({ action: z.string() }).loose(),
});
export type CommandInput = z.infer<typeof commandInput>;

/** @throws Error when a person typed the command by hand without it */
export function readCommandInput(): Promise<CommandInput> {
  return readStandardInput(commandInput);
}

/** Reads standard input, a JSON text of this shape. @throws Error for anything else */
export async function readStandardInput<T>(shape: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      "standard input is not a request of this version's Pulumi program; run `npm run build`, then `pulumi up`",
      { cause: error },
    );
  }
}
