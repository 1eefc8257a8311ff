/** Runs `claude-fleet`. */
import { claudeFleet } from "./commands.ts";

await claudeFleet().parseAsync();
