/**
 * The standard input and output of the commands that the Pulumi program runs: `claude-fleet host ACTION` and `claude-fleet
 * vault WORK`. States keep the standard input, so it holds no secret.
 */
import * as z from "zod";
import { actionNamed, requestSchema, type ActionName, type RequestOf } from "./actions.ts";
import { connection, vaultAccess, type Connection, type VaultAccess } from "./connection.ts";
import { object, text } from "./fields.ts";
import { PROTOCOL_LIMITS } from "./protocol-limits.ts";

/** The standard input of an action's command. Actions that mint or revoke tokens need `vault`. */
export interface CommandInput<Name extends ActionName = ActionName> {
  readonly connection: Connection;
  readonly vault?: VaultAccess | undefined;
  readonly request: RequestOf<Name>;
}

/**
 * Returns the schema of an action's standard input. The name of the command counts, and not the name in the request: a
 * delete gets the standard input of the create before it, and an earlier version may have used another name.
 */
export function commandInput<Name extends ActionName>(name: Name): z.ZodType<CommandInput<Name>> {
  const request = z.preprocess(
    (fields) => (typeof fields === "object" ? { ...fields, action: name } : fields),
    requestSchema(name),
  );
  return object({ connection, vault: vaultAccess.optional(), request });
}

/** The standard input of `claude-fleet host observe`: the request names the action. */
export const observeInput = z
  .looseObject({ request: z.looseObject({ action: z.string() }) })
  .transform((input, context) => {
    const name = actionNamed(input.request.action);
    const parsed = name === undefined ? undefined : commandInput(name).safeParse(input);
    if (parsed?.success === true) return parsed.data;
    context.addIssue({
      code: "custom",
      message: parsed?.error.message ?? `there is no action ${input.request.action}`,
    });
    return z.NEVER;
  });

/** Environment variable of a command resource that holds the drift which the command repairs. States hold the name. */
export const DRIFT_VARIABLE = "drift";

/**
 * Environment variable by which `claude-fleet rollout` and `rotate` tell the Pulumi program that their `pulumi up` is
 * limited to the resources of one token. Such an `up` needs nothing from Vault, and goes on when Vault is away.
 */
export const ROLLOUT_ONLY_VARIABLE = "CLAUDE_FLEET_ROLLOUT_ONLY";

/** The standard output of `claude-fleet host observe`: the host's unchecked observation, or why there is none. */
export const observedAnswer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("observation"), observation: z.unknown() }),
  z.strictObject({ kind: z.literal("unreachable"), reason: z.string().max(PROTOCOL_LIMITS.problem) }),
]);
export type ObservedAnswer = z.infer<typeof observedAnswer>;

/** Work in Vault that a command resource of the stack runs by `claude-fleet vault WORK`. */
export const VAULT_WORK = {
  sweep: {
    help: "revoke the unowned tokens of the fleet that a drift review named",
    input: object({ fleet: text(64).min(1), vault: vaultAccess }),
  },
  purge: {
    help: "destroy all backups of a user who has left",
    input: object({
      fleet: text(64).min(1),
      user: text(64).min(1),
      metadataPath: text(1000).min(1),
      vault: vaultAccess,
    }),
  },
} as const;
export type VaultWork = keyof typeof VAULT_WORK;
export type VaultWorkInput<Work extends VaultWork> = z.infer<(typeof VAULT_WORK)[Work]["input"]>;
