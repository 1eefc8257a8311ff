/**
 * Decides which requests an observer's key may make. Replaces everything in a request that could disclose something: the
 * Vault, the users' programs and the files are those of the plan that was applied here last.
 */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { ACTIONS, type HostRequest } from "../../contract/actions.ts";

/** The request that may be answered, or why there is none, as a sentence. */
export type AllowedRequest = { readonly request: HostRequest } | { readonly refused: string };

/** Holds what this host has recorded. */
export interface OnRecord {
  /** The plan that the request's fleet applied here last. */
  readonly plan: HostPlan | undefined;
  /** Whether a gate has passed the request's token file before. */
  readonly gated: boolean;
  /** Whether rules have been written to the request's folder before. */
  readonly placed: boolean;
}

/** Returns the request as the observer's key may make it. */
export function allowedRequest(request: HostRequest, { plan, gated, placed }: OnRecord): AllowedRequest {
  if (!ACTIONS[request.action].observer)
    return refused(
      `this key may only observe, and "${request.action}" may change something; use another key`,
    );
  switch (request.action) {
    case "observe-workstation":
      if (plan === undefined) {
        return refused(
          `nothing of the fleet ${request.plan.fleet} has been applied here yet; run \`pulumi up\` first`,
        );
      }
      return { request: { action: request.action, plan: knownPlan(request.plan, plan) } };
    case "observe-token": {
      if (!gated)
        return refused(`no gate has passed ${request.token.file} here yet; run \`pulumi up\` first`);
      const compose = request.compose && { ...request.compose, recreate: undefined };
      return { request: { ...request, compose } };
    }
    case "observe-rules":
      if (placed) return { request };
      return refused(`no rules have been written to ${request.rules.directory} yet; run \`pulumi up\` first`);
    default:
      return { request };
  }
}

function refused(why: string): AllowedRequest {
  return { refused: `${why}.` };
}

/** Takes all but names from the applied plan. Users' tokens are sent to the plan's Vault, so the asker must not name it. */
function knownPlan(asked: HostPlan, applied: HostPlan): HostPlan {
  const files = new Set(applied.files.map(({ path }) => path));
  const users = new Map(applied.users.map((user) => [user.name, user]));
  return {
    ...applied,
    files: asked.files.filter(({ path }) => files.has(path)),
    users: asked.users.map((user): HostUser => users.get(user.name) ?? { ...user, claude: undefined }),
  };
}

/** Adds the files that were asked for and that this fleet does not have here. They count as missing, whatever lies there. */
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
