/** How long the agent waits unless the settings say otherwise. In seconds; what each is for stands in model.ts. */
import type { WaitsPlan } from "./model.ts";

/** Also what a plan means that was recorded on a host before there were such settings. */
export const DEFAULT_WAITS: WaitsPlan = {
  rereadSeconds: 2,
  blankRereadSeconds: 60,
  deadRereadSeconds: 5,
  lockRetrySeconds: 75,
  lockStealSeconds: 60,
  refreshFailingSeconds: 12 * 3600,
  transientSeconds: 24 * 3600,
  unprovenSeconds: 24 * 3600,
  backupRetrySeconds: 5 * 60,
};
