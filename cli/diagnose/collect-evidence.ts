/** Everything that can be seen of a token: by its host, and by the site's Alertmanager. */
import { diagnoseRequest } from "../../plan/requests/token.ts";
import { alertState } from "../alertmanager.ts";
import type { Say } from "../../lib/say.ts";
import { UnreachableError } from "../../remote/ask.ts";
import { ask, type TokenTarget } from "../stack/find-token.ts";
import type { Evidence } from "../../plan/diagnosis/evidence.ts";
import { plainText } from "../../lib/printable.ts";

/**
 * Looks at host and alert at the same time. `say` hears what is being looked at.
 * @param former whether the token before the current one is asked, too
 * @throws {ExpectedError} for what the host itself refuses to look at
 */
export async function collectEvidence(
  { target, signal }: { readonly target: TokenTarget; readonly signal?: AbortSignal },
  say: Say,
  former = false,
): Promise<Evidence> {
  const { alert } = target.token.rotation;
  const request = diagnoseRequest(target.plan, target.token, former);
  const asked = ask({ target, signal }, request, say).catch((error: unknown) => {
    if (error instanceof UnreachableError) return { unreachable: plainText(error.message, 2000) };
    throw error;
  });
  const [host, state] = await Promise.all([asked, alert === undefined ? undefined : alertState(alert)]);
  return { host, alert: state };
}
