/** `user prepare`: the user's home is repaired, and its token file is fit for use. */
import { userPlaces } from "../../contract/agent-places.ts";
import { removeTemporaries, writeFileAtomic } from "../../lib/atomic-file.ts";
import { observeHome } from "./observe-home.ts";
import { repairHome } from "./repair-home.ts";
import { recordedAccessor, renewEndingToken } from "./observe-token.ts";
import type { UserAccount, UserTask } from "./task-messages.ts";

/**
 * Repairs the home, renews a token that ends soon, and observes the result. Cleans up after a killed enrolment: removes
 * half-written files, and writes a good token's accessor beside it.
 */
export async function prepareHome(task: UserTask): Promise<UserAccount> {
  await repairHome(task);
  const places = userPlaces(task.home);
  await removeTemporaries([places.token, places.accessor]);
  await renewEndingToken(task);
  const found = await observeHome(task);
  const { health, accessor } = found.token;
  if (health === "good" && accessor !== null && accessor !== (await recordedAccessor(task.home))) {
    await writeFileAtomic(places.accessor, `${accessor}\n`, { mode: 0o600 });
  }
  return found;
}
