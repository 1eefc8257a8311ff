/** How `claude-fleet rollout` and `rotate` tell the program that their `pulumi up` is limited to one token's resources. */

/** Variable that is set then. A rollout needs nothing from Vault, so that one which is away does not hold it up. */
export const ROLLOUT_ONLY = "CLAUDE_FLEET_ROLLOUT_ONLY";
