/** Lists the exit codes of the agent, for its units and for people. */
import { BACKUP_STATES, CLASSES, EXIT_USAGE, REASONS, SHARED_TOKEN } from "../contract/agent-classes.ts";

/** Returns the codes of the runs that fail, each with the class, reason or state of the backup that it stands for. */
export function agentExits(): readonly (readonly [code: number, meaning: string])[] {
  // A reason and a state of the backup may have the same name.
  const facts = [...Object.entries(CLASSES), ...Object.entries(REASONS), ...Object.entries(BACKUP_STATES)];
  const named = facts.flatMap(([name, one]) =>
    "exit" in one && one.exit !== 0 ? [[one.exit, `${name}: ${one.meaning}`] as const] : [],
  );
  const shared = `${SHARED_TOKEN.reason}: an environment file would replace the user's login`;
  return [...named, [EXIT_USAGE, "the agent's arguments or its plan are wrong"], [SHARED_TOKEN.exit, shared]];
}
