/** The schema of the roster: workstations and users. */
import * as z from "zod";
import { complain } from "./complaint.ts";
import { fields, flag, usualFlag, text } from "./kinds.ts";
import { userName, workstationName } from "./names.ts";
import { absolutePath, become, email, serverUrl, sshDestination, uuid } from "./places.ts";

const reach = {
  ssh: sshDestination
    .optional()
    .describe("How ssh reaches the host. Anything that the operator's own ssh understands is right."),
  local: flag.optional().describe("`true`: the host is the machine that runs Pulumi. It replaces `ssh`."),
  become: become
    .optional()
    .describe(
      "The command that makes root of the login, where the login is not root. It must not ask for a password.",
    ),
};

/** A misspelt `ssh` is one problem, not two. */
const unlessWrong = { when: ({ issues }: z.core.ParsePayload) => issues.length === 0 };

/** Refuses a host that is reached in two ways, or in none. */
function checkReach(
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
export const host = fields(reach).superRefine(checkReach, unlessWrong);

const workstation = fields({
  ...reach,
  vaultAddress: serverUrl("https://vault.internal:8200")
    .optional()
    .describe(
      "Vault's address as this host reaches it. Without it, the host uses `vault.address` of the settings.",
    ),
})
  .superRefine(checkReach, unlessWrong)
  .describe("`ssh` or `local: true` is required.");

const user = fields({
  workstation: text({
    title: "the name of a workstation in this file",
    example: "devvm",
    pattern: /^[^\p{C}]+$/u,
    longest: 63,
  }).describe("The one workstation on which the user is renewed."),
  email: email.describe("The address with which the user signs in to Claude Code."),
  organization: uuid
    .optional()
    .describe("The organization that the login must belong to. Without it, any organization is right."),
  renewal: usualFlag(true).describe(
    "`false`: the user is known and has a place in Vault, but has neither a timer nor a Vault token.",
  ),
  formerly: userName
    .meta({ examples: ["alice.jones"] })
    .optional()
    .describe("The account's former name. The user's policy, token and backups keep this name in Vault."),
  claude: absolutePath("/home/alice/.local/bin/claude")
    .optional()
    .describe(
      "The user's Claude Code CLI on the host. Without it, the agent looks in the user's own folders.",
    ),
});

/** The roster's file. Each entry is read alone, so that a mistake in it hides no mistake elsewhere. */
export const roster = fields({
  workstations: z
    .record(workstationName, workstation)
    .describe("The hosts on which users work, by the names that this fleet gives them."),
  users: z
    .record(userName, user)
    .describe("The people who use Claude Code, by their accounts on the workstations."),
});

export type HostEntry = z.output<typeof host>;
export type WorkstationEntry = z.output<typeof workstation>;
export type UserEntry = z.output<typeof user>;
