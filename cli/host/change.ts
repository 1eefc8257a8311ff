/** `claude-fleet host retire|apply|remove|gate|clear|recreate|verify|stale|rules|remove-rules`: runs one change on a host and does the operator's part of it. */
import { applyResult, type ApplyResult, type HostPlan } from "../../host/protocol/workstation.ts";
import type { HostRequest } from "../../host/protocol/conversation.ts";
import { knownAs } from "../../plan/known-as.ts";
import { readHostProgram } from "./program-file.ts";
import { readCommandInput, type CommandInput } from "./request.ts";
import { converse } from "./session.ts";
import type { WrappedToken } from "../../lib/vault-token.ts";
import { NO_TOKEN, operatorToken, VaultAdmin, type TokenOwner } from "./vault-admin.ts";

/** An apply of many users mints and unwraps one after the other; a probe may wait for a slow API. */
const DEADLINE_SECONDS = 1800;

/** What a request waits for by its own settings comes on top. */
function deadlineSeconds(request: HostRequest): number {
  if (request.action !== "stale-processes") return DEADLINE_SECONDS;
  return DEADLINE_SECONDS + request.question.waitSeconds + request.question.gracePeriodSeconds;
}

/** Actions that change a host, as the host's protocol calls them. */
const protocolActions = {
  retire: "retire",
  apply: "apply",
  remove: "remove",
  gate: "gate",
  clear: "clear-container",
  recreate: "recreate",
  verify: "verify-container",
  stale: "stale-processes",
  rules: "place-rules",
  "remove-rules": "remove-rules",
} as const;
export type ChangeAction = keyof typeof protocolActions;

/**
 * Runs `action` with the request on standard input. Progress and problems go to standard error, which Pulumi shows;
 * the result goes to standard output, which the state keeps.
 * @returns the exit code: 0 only when everything was done
 */
export async function changeHost(action: ChangeAction): Promise<number> {
  const input = await readCommandInput();
  // Written by this version's own Pulumi program; the host checks its shape.
  const request = { ...input.request, action: protocolActions[action] } as unknown as HostRequest;
  const operator = await openOperator(input, request);
  const problems: string[] = [];

  const outcome = await converse({
    connection: input.connection,
    program: await readHostProgram(),
    request,
    deadlineSeconds: deadlineSeconds(request),
    answer: ({ user }) => operator.mint(user),
    hear: async (event) => {
      if (event.event === "progress") process.stderr.write(`${event.message}\n`);
      if (event.event === "revoke") add(problems, await operator.revoke(event.user, event.accessor));
    },
  });

  const result = outcome.kind === "unreachable" ? undefined : outcome.result;
  const applied = action === "apply" ? applyResult.safeParse(result).data : undefined;
  problems.push(...(await operator.settle(action, applied)));
  if (outcome.kind === "failed") problems.push(...outcome.problems);
  if (outcome.kind === "unreachable") {
    problems.push(
      action === "remove"
        ? `${outcome.reason} Its users' tokens were revoked. If the host is gone for good, take its resources out of the state by \`pulumi state delete URN\`.`
        : outcome.reason,
    );
  }
  if (applied !== undefined) announceLogins(request, applied);
  if (result !== undefined && problems.length === 0) process.stdout.write(`${JSON.stringify(result)}\n`);
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

function add(problems: string[], problem: string | undefined): void {
  if (problem !== undefined) problems.push(problem);
}

/** The operator's part: mints what the host asks for, and leaves no token behind that nobody owns. */
interface Operator {
  mint(user: string): Promise<unknown>;
  revoke(user: string, accessor: string): Promise<string | undefined>;
  /** Revokes what was minted and not enrolled, and what the last apply's state names and nobody has any more. */
  settle(action: ChangeAction, applied: ApplyResult | undefined): Promise<string[]>;
}

async function openOperator(input: CommandInput, request: HostRequest): Promise<Operator> {
  const plan = "plan" in request ? request.plan : undefined;
  const token = await operatorToken(process.env);
  const admin =
    input.vault === undefined || token === undefined ? undefined : new VaultAdmin(input.vault, token);
  const minted = new Map<string, string>();
  const wrapped: (WrappedToken & { readonly user: string })[] = [];

  const revoke = async (user: string, accessor: string): Promise<string | undefined> => {
    if (plan === undefined) return undefined;
    if (admin === undefined) return `the accessor ${accessor} of ${user} was not revoked: ${NO_TOKEN}`;
    const done = await admin.revoke(owner(plan, user), accessor, plan.renewal.adopt);
    if (done.kind === "taken-over") {
      process.stderr.write(
        `revoked the token that ${user} had of the original's policy workstation-claude-${user}\n`,
      );
    }
    if (done.kind === "left") process.stderr.write(`warning: ${done.why}\n`);
    return done.kind === "failed" ? done.why : undefined;
  };

  /** Of what was minted, that which nobody has unwrapped, nor can any more. */
  const undelivered = async (problems: string[]): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    for (const one of wrapped) {
      const end = await admin?.recall(one);
      if (end === "recalled") found.set(one.wrappedAccessor, one.user);
      if (typeof end === "object") {
        problems.push(
          `whether the token minted for ${one.user} was delivered is unknown: ${end.why}; run \`pulumi up\` again, which keeps or revokes it (accessor ${one.wrappedAccessor}).`,
        );
      }
    }
    return found;
  };

  return {
    revoke,
    async mint(user) {
      const policy = plan?.users.find(({ name }) => name === user)?.policy;
      if (plan === undefined || policy === undefined)
        return { user, error: `${user} is not in this host's plan` };
      if (admin === undefined) return { user, error: NO_TOKEN };
      const answer = await admin.mint(owner(plan, user), policy);
      if ("error" in answer) return { user, ...answer };
      minted.set(answer.wrappedAccessor, user);
      wrapped.push({ ...answer, user });
      return { user, wrappedToken: answer.wrappedToken, wrappedAccessor: answer.wrappedAccessor };
    },
    async settle(action, applied) {
      const owned = new Set(applied?.users.map(({ accessor }) => accessor));
      // Nothing is known of a user whose turn failed, so nothing of theirs is revoked but what was minted just now.
      const failed = new Set(
        applied?.users.filter(({ token }) => token === "failed").map(({ name }) => name),
      );
      const former =
        action === "apply" || action === "remove" ? previousAccessors() : new Map<string, string>();
      const problems: string[] = [];
      // An apply that did not say how it ended may have enrolled. What the state names, and what was unwrapped, is then
      // left for the next one: it may be what a user's file holds, and is on the host's record.
      const silent = action === "apply" && applied === undefined;
      const candidates = silent ? await undelivered(problems) : new Map([...former, ...minted]);
      for (const [accessor, user] of candidates) {
        const spared = failed.has(user) && !minted.has(accessor);
        if (!owned.has(accessor) && !spared) add(problems, await revoke(user, accessor));
      }
      return problems;
    },
  };
}

/** A host names users as it knows them, or those whom its plan no longer has as Vault does. */
function owner(plan: HostPlan, user: string): TokenOwner {
  const known = plan.users.find(({ name }) => name === user);
  return { fleet: plan.fleet, host: plan.host, user: known === undefined ? user : knownAs(known) };
}

/** Accessors, with their users, that the last successful apply left in the state; Pulumi hands its output to the next. */
function previousAccessors(): Map<string, string> {
  const text = process.env["PULUMI_COMMAND_STDOUT"];
  if (text === undefined || text.trim() === "") return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  const users = applyResult.safeParse(value).data?.users ?? [];
  return new Map(
    users.flatMap(({ name, accessor }) => (accessor === null ? [] : [[accessor, name] as const])),
  );
}

function announceLogins(request: HostRequest, applied: ApplyResult): void {
  if (!("plan" in request)) return;
  for (const { name, awaitingLogin } of applied.users) {
    const user = request.plan.users.find((candidate) => candidate.name === name);
    if (awaitingLogin && user !== undefined) {
      process.stderr.write(
        `${name} has not logged in on ${request.plan.host} yet; as ${name} there: claude auth login --claudeai --sso --email ${user.email}\n`,
      );
    }
  }
}
