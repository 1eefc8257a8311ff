/**
 * What a key that may only look may ask: nothing of its own choosing where an answer, or the way to it, could give
 * something away. Vault, users' programs and files are those of the plan that was applied here last.
 */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { ACTIONS, type HostRequest } from "../../contract/actions.ts";

/** Why a request is not answered, as a sentence; or the request that is. */
export type AllowedRequest = { readonly request: HostRequest } | { readonly refused: string };

/** What is on the host's own record. */
export interface OnRecord {
  /** The plan of the request's fleet that was applied last. */
  readonly plan: HostPlan | undefined;
  /** Whether the gate has passed a file at the request's place before. */
  readonly gated: boolean;
  /** Whether rules have been placed in the request's folder before. */
  readonly placed: boolean;
}

/** The request as the observer's key may ask it. */
export function allowedRequest(request: HostRequest, { plan, gated, placed }: OnRecord): AllowedRequest {
  if (!ACTIONS[request.action].observer)
    return refused(`this key may only look, and "${request.action}" may change something; use another key`);
  switch (request.action) {
    case "observe-workstation":
      if (plan === undefined) {
        return refused(
          `nothing of the fleet ${request.plan.fleet} has been applied here yet; run \`pulumi up\` first`,
        );
      }
      return { request: { action: request.action, plan: narrowPlan(request.plan, plan) } };
    case "observe-token": {
      if (!gated)
        return refused(`no gate has passed ${request.token.file} here yet; run \`pulumi up\` first`);
      const { compose } = request;
      return {
        request: {
          ...request,
          compose: compose === undefined ? undefined : { ...compose, recreate: undefined },
        },
      };
    }
    case "observe-rules":
      if (placed) return { request };
      return refused(`no rules have been placed in ${request.rules.directory} yet; run \`pulumi up\` first`);
    default:
      return { request };
  }
}

function refused(why: string): AllowedRequest {
  return { refused: `${why}.` };
}

/** Users' own tokens go to the Vault that is named here, so it is never the one who asks that names it. */
function narrowPlan(asked: HostPlan, applied: HostPlan): HostPlan {
  const files = new Set(applied.files.map(({ path }) => path));
  const users = new Map(applied.users.map((user) => [user.name, user]));
  return {
    ...applied,
    files: asked.files.filter(({ path }) => files.has(path)),
    users: asked.users.map((user): HostUser => users.get(user.name) ?? { ...user, claude: undefined }),
  };
}

/** The observation, with the files that were asked for and are not this fleet's here: whatever lies there, it is not ours. */
export function withUnknownFiles(
  asked: HostPlan,
  observation: WorkstationObservation,
): WorkstationObservation {
  const seen = new Set(observation.files.map(({ path }) => path));
  const absent = asked.files.filter(({ path }) => !seen.has(path));
  return {
    ...observation,
    files: [
      ...observation.files,
      ...absent.map(({ path }) => ({ path, sha256: null, mode: null, foreign: false, applied: false })),
    ],
  };
}
