/** Sees to it that one user of the plan has a good scoped token: keeps a healthy one, else has one minted. */
import type { ApplyResult } from "../../contract/workstation.ts";
import { recordedAccessors, type LedgerEntry } from "./fleet-record.ts";
import type { Session } from "../session.ts";
import type { Account, HostSystem } from "../system.ts";
import { askUser, taskFor } from "../user-process.ts";
import { enrolAnswer, userAccount, type UserAccount } from "../as-user/task-messages.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { nameInVault } from "../../plan/vault/names.ts";

/** What became of a user's token. `account` is what the user's process said before it. */
export interface Enrolment {
  readonly token: ApplyResult["users"][number]["token"];
  readonly accessor: string | null;
  /** Accessors that may still live though the user has not got their tokens. */
  readonly strays: readonly string[];
  readonly account: UserAccount | undefined;
  /** One sentence each; empty when all is well. */
  readonly problems: readonly string[];
}

/** Where a user is enrolled, and by whom. */
export interface EnrolmentContext {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly session: Session;
  /** Why Vault need not be asked; undefined when it serves. */
  readonly vaultAway: string | undefined;
  /** What the ledger knows of the user. */
  readonly recorded: LedgerEntry | undefined;
  /** Puts an accessor on record, before its token is given to the user. */
  readonly noteStray: (accessor: string) => Promise<void>;
}

/**
 * Prepares the user's folders and keeps a token that Vault calls good. A missing, dead, foreign or stale one is replaced;
 * where nothing can be concluded (Vault away, sealed, failing) nothing is minted and that is the user's problem.
 */
export async function enrol(context: EnrolmentContext, user: HostUser, account: Account): Promise<Enrolment> {
  const { system, plan, vaultAway, recorded } = context;
  const task = taskFor(plan, user, account, { vaultAway });
  const asked = await askUser(system, account, "prepare", task, userAccount);
  if ("problem" in asked) return failedEnrolment(recorded, undefined, asked.problem);
  const found = asked.answer;
  switch (found.token.health) {
    case "good": {
      const { accessor } = found.token;
      const others = revokeOthers(context, user, found, accessor, "its enrolment did not come to its end");
      const strays = context.session.gone ? others : [];
      return { token: "kept", accessor, strays, account: found, problems: [] };
    }
    case "unknown":
      return failedEnrolment(
        recorded,
        found,
        `${user.name}: the state of the Vault token is unknown: ${found.token.detail}; nothing was minted. Mend Vault, then run \`pulumi up\` again.`,
      );
    case "missing":
    case "refused":
    case "wrong":
    case "stale":
      return replaceToken(context, user, account, found);
  }
}

/** An enrolment of which nothing came; what was on record stays there. */
export function failedEnrolment(
  recorded: LedgerEntry | undefined,
  account: UserAccount | undefined,
  ...problems: readonly string[]
): Enrolment {
  const { accessor = null, strays = [] } = recorded ?? {};
  return { token: "failed", accessor, strays, account, problems };
}

async function replaceToken(
  context: EnrolmentContext,
  user: HostUser,
  account: Account,
  found: UserAccount,
): Promise<Enrolment> {
  const { system, plan, session, vaultAway, recorded } = context;
  const what =
    found.token.health === "stale"
      ? `${user.name} keeps the Vault token that is to be replaced (${found.token.detail})`
      : `${user.name} was not enrolled`;
  const failed = (why: string) => failedEnrolment(recorded, found, `${what}: ${why}.`);
  // Without Vault the minted token could not be unwrapped; better to mint none than to revoke it again.
  if (vaultAway !== undefined) return failed(`${vaultAway}; mend it, then run \`pulumi up\` again`);
  const reply = await session.needToken(user.name);
  if ("error" in reply) return failed(reply.error);

  const wrapped = { token: reply.wrappedToken, accessor: reply.wrappedAccessor };
  await context.noteStray(wrapped.accessor);
  const task = taskFor(plan, user, account, { wrapped });
  const asked = await askUser(system, account, "enrol", task, enrolAnswer);
  const why = "problem" in asked ? asked.problem : asked.answer.enrolled ? undefined : asked.answer.why;
  if (why !== undefined) {
    session.revoke(nameInVault(user), wrapped.accessor, "the enrolment that it was minted for failed");
    const outcome = failed(why);
    return { ...outcome, strays: [...outcome.strays, wrapped.accessor] };
  }
  const strays = revokeOthers(context, user, found, wrapped.accessor, "it was replaced by a new one");
  const first = found.accessors.length === 0 && recordedAccessors(recorded).length === 0;
  const token = first && found.token.health === "missing" ? "enrolled" : "re-enrolled";
  return { token, accessor: wrapped.accessor, strays, account: found, problems: [] };
}

/**
 * Of all tokens that were ever meant for the user only one stays. Nobody tells whether the operator still listens: the
 * next apply asks for it once more. @returns the accessors of the others
 */
function revokeOthers(
  { session, recorded }: EnrolmentContext,
  user: HostUser,
  found: UserAccount,
  kept: string | null,
  why: string,
): readonly string[] {
  const known = new Set([...found.accessors, ...recordedAccessors(recorded)]);
  const others = [...known].filter((accessor) => accessor !== kept);
  for (const accessor of others) session.revoke(nameInVault(user), accessor, why);
  return others;
}
