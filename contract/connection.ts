/** How the operator's machine reaches a host and Vault. A part of standard inputs that states keep, so it holds no secret. */
import * as z from "zod";
import { object } from "./fields.ts";

const words = z.array(z.string()).readonly();

/** The address of a host. `become` is a command prefix, such as `["sudo", "-n"]`. */
const hostAddress = z.discriminatedUnion("kind", [
  object({ kind: z.literal("local"), become: words }),
  object({ kind: z.literal("ssh"), destination: z.string().min(1), become: words }),
]);
export type HostAddress = z.infer<typeof hostAddress>;

/** What a connection to a host needs. */
export const connection = object({
  address: hostAddress,
  ssh: object({
    /** Absolute path of an ssh_config file; undefined for the operator's own. */
    configFile: z.string().optional(),
  }),
});
export type Connection = z.infer<typeof connection>;

/** Vault, as the operator reaches it. The operator's token comes from the environment. */
export const vaultAccess = object({
  address: z.string(),
  namespace: z.string(),
  caPem: z.string().optional(),
  /** The name of the fleet's token role. */
  role: z.string(),
  /** Whether tokens that no enrolled user has are left alone; undefined: they are searched for and revoked. */
  strayTokens: z.literal("leave").optional(),
});
export type VaultAccess = z.infer<typeof vaultAccess>;
