/** Everything that can be seen of a token: by its host, and by the site's Alertmanager. */
import { connectionOf } from "../../plan/requests/connection.ts";
import { diagnoseRequest } from "../../plan/requests/token.ts";
import { alertState } from "../alertmanager.ts";
import { askHost, UnreachableError } from "../../remote/ask.ts";
import type { TokenTarget } from "../stack/find-token.ts";
import type { Evidence } from "../../plan/diagnosis/evidence.ts";
import { plainText } from "../../lib/printable.ts";

export interface CollectOptions {
  /** Whether the token before the current one is asked, too. */
  readonly former?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Hears what is being looked at. */
  readonly say?: (message: string) => void;
}

/** Looks at host and alert at the same time. @throws {ExpectedError} for what the host itself refuses to look at */
export async function collectEvidence(
  { plan, token }: TokenTarget,
  { former = false, signal, say }: CollectOptions = {},
): Promise<Evidence> {
  const { alert } = token.rotation;
  const asked = askHost({
    connection: connectionOf(plan, token),
    request: diagnoseRequest(plan, token, former),
    signal,
    hear: (event) => {
      if (event.event === "progress") say?.(event.message);
    },
  }).catch((error: unknown) => {
    if (error instanceof UnreachableError) return { unreachable: plainText(error.message, 2000) };
    throw error;
  });
  const [host, state] = await Promise.all([asked, alert === undefined ? undefined : alertState(alert)]);
  return { host, alert: state };
}
