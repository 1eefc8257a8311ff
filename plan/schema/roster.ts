/** Schema of the roster: workstations and users, one entry at a time. */
import type { z } from "zod";
import { complain, flag, matching, strict, text } from "./kinds.ts";
import { userNameComplaint } from "./names.ts";
import { absolutePath, become, email, serverUrl, sshDestination, uuid } from "./places.ts";

const reach = { ssh: sshDestination.optional(), local: flag.optional(), become: become.optional() };

/** The one way in which a host is reached: `ssh`, or `local: true`. */
export function checkReach(
  host: { ssh?: string | undefined; local?: boolean | undefined },
  context: z.RefinementCtx,
): void {
  const ways = Number(host.ssh !== undefined) + Number(host.local === true);
  if (ways === 1) return;
  complain(context, [], {
    message: ways === 0 ? "says neither ssh nor local: true" : "says both ssh and local: true",
    remedy: "Write `ssh: <destination>` for a host reached by ssh, or `local: true` for this machine.",
  });
}

/** How a host is reached. */
export const host = strict(reach).superRefine(checkReach);

/** One entry of `workstations`. */
export const workstation = strict({
  ...reach,
  vaultAddress: serverUrl("https://vault.internal:8200").optional(),
}).superRefine(checkReach);

/** One entry of `users`. */
export const user = strict({
  workstation: matching("the name of a workstation in this file", "devvm", /^[^\p{C}]+$/u, 63),
  email,
  organization: uuid.optional(),
  renewal: flag.default(true),
  formerly: text("a user name", "alice", userNameComplaint).optional(),
  claude: absolutePath("/home/alice/.local/bin/claude").optional(),
});

/** Keys of the roster itself. */
export const ROSTER_KEYS = ["workstations", "users"] as const;

export type HostEntry = z.output<typeof host>;
export type WorkstationEntry = z.output<typeof workstation>;
export type UserEntry = z.output<typeof user>;
