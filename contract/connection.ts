/** How the operator's machine reaches a host and Vault. Part of a command's standard input, so it holds no secret. */
import * as z from "zod";
import { object } from "./fields.ts";

const words = z.array(z.string()).readonly();

/** A host. `become` is a command prefix such as `["sudo", "-n"]`. */
export const hostAddress = z.discriminatedUnion("kind", [
  object({ kind: z.literal("local"), become: words }),
  object({ kind: z.literal("ssh"), destination: z.string().min(1), become: words }),
]);
export type HostAddress = z.infer<typeof hostAddress>;

/** Everything that is needed to open a host. */
export const connection = object({
  address: hostAddress,
  ssh: object({
    /** Absolute path of an ssh_config file that is used instead of the operator's own. */
    configFile: z.string().optional(),
  }),
});
export type Connection = z.infer<typeof connection>;

/** Vault as the operator reaches it. The operator's token itself comes from the environment. */
export const vaultAccess = object({
  address: z.string(),
  namespace: z.string(),
  caPem: z.string().optional(),
  /** The fleet's token role. */
  role: z.string(),
});
export type VaultAccess = z.infer<typeof vaultAccess>;
