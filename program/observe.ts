/** Asks all hosts of the plan for their state, at once, before anything is declared. Changes nothing. */
import * as command from "@pulumi/command";
import { hostCommandLine } from "../components/host-command.ts";
import { resultSchema, type ActionName, type RequestOf, type ResultOf } from "../contract/actions.ts";
import type { Connection } from "../contract/connection.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import type { TokenFileObservation } from "../contract/token-file.ts";
import type { WorkstationObservation } from "../contract/workstation.ts";
import type { ProgramDigest } from "../lib/program-digest.ts";
import { rulesPlan } from "../plan/monitoring/rules-plan.ts";
import type { FleetPlan, MonitoringPlan, TokenPlan, WorkstationPlan } from "../plan/model.ts";
import { connectionOf } from "../plan/requests/connection.ts";
import { observeTokenRequest } from "../plan/requests/token.ts";
import { hostPlan } from "../plan/workstation/host-plan.ts";
import { observedAnswer } from "../contract/command-input.ts";

/**
 * What a host reported, or why nothing is known. `unknown`: it could not be asked. `refused`: what it reported cannot be true,
 * so that its own command must not run.
 */
type Observed<T> =
  | { readonly kind: "seen"; readonly observation: T }
  | { readonly kind: "unknown" | "refused"; readonly reason: string };

/** What all hosts reported, in the plan's order. */
export interface ObservedFleet {
  readonly workstations: readonly ObservedWorkstation[];
  readonly tokens: readonly ObservedToken[];
  readonly rules: Awaited<ReturnType<typeof observeRules>> | undefined;
}

/** A workstation, its part of the plan, and what it reported. */
export interface ObservedWorkstation {
  readonly workstation: WorkstationPlan;
  readonly wanted: HostPlan;
  readonly observed: Observed<WorkstationObservation>;
}

/** A token, and what its host reported. */
export interface ObservedToken {
  readonly token: TokenPlan;
  readonly observed: Observed<TokenFileObservation>;
}

/** Asks all hosts at once. Each has its own deadline, and a host that does not answer is `unknown`. */
export async function observeFleet(plan: FleetPlan, program: ProgramDigest): Promise<ObservedFleet> {
  const [workstations, tokens, rules] = await Promise.all([
    Promise.all(
      plan.workstations.map(async (workstation) => {
        const wanted = hostPlan(plan, workstation, program);
        const request = { action: "observe-workstation", plan: wanted } as const;
        return { workstation, wanted, observed: await observe(connectionOf(plan, workstation), request) };
      }),
    ),
    Promise.all(
      plan.tokens.map(async (token) => ({
        token,
        observed: await observe(connectionOf(plan, token), observeTokenRequest(plan, token)),
      })),
    ),
    plan.monitoring && observeRules(plan, plan.monitoring),
  ]);
  return { workstations, tokens, rules };
}

async function observeRules(plan: FleetPlan, monitoring: MonitoringPlan) {
  const wanted = rulesPlan(plan, monitoring);
  const request = { action: "observe-rules", rules: wanted } as const;
  return { monitoring, wanted, observed: await observe(connectionOf(plan, monitoring), request) };
}

/** Asks one host. Never throws for what a host does or reports. */
async function observe<Name extends ActionName>(
  connection: Connection,
  request: RequestOf<Name>,
): Promise<Observed<ResultOf<Name>>> {
  const { stdout } = await command.local.run({
    command: hostCommandLine("observe"),
    stdin: JSON.stringify({ connection, request }),
    // Standard error only tells a person about a long wait, such as Node on its way to a host without one.
    logging: command.local.Logging.Stderr,
  });
  const answer = observedAnswer.safeParse(JSON.parse(stdout));
  if (!answer.success) return { kind: "unknown", reason: "the answer could not be read" };
  if (answer.data.kind === "unreachable") return { kind: "unknown", reason: answer.data.reason };
  const observation = resultSchema<Name>(request.action).safeParse(answer.data.observation);
  if (observation.success) return { kind: "seen", observation: observation.data };
  const issue = observation.error.issues[0];
  const place = issue === undefined ? "" : ` (${issue.path.join(".")}: ${issue.message})`;
  return { kind: "unknown", reason: `the host's answer does not have the agreed shape${place}` };
}
