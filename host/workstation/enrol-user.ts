/** Enrols users: keeps a good Vault token, and replaces a missing, dead, foreign or outdated one. */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import type { ApplyResult } from "../../contract/workstation.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { ExpectedError, problemsOf } from "../../lib/expected-error.ts";
import { nameInVault } from "../../plan/vault/names.ts";
import { enrolAnswer, userAccount, type UserAccount } from "../as-user/task-messages.ts";
import type { Session } from "../session.ts";
import type { Account, HostSystem } from "../system.ts";
import { askUser, taskFor, USERS_AT_ONCE } from "../user-process.ts";
import type { Ledger } from "./ledger.ts";
import { vaultTrouble } from "./vault-health.ts";

/** Says what became of a user's token. */
export interface Enrolment {
  readonly token: ApplyResult["users"][number]["token"];
  /** The accessor of the token that the user has; null when there is none. */
  readonly accessor: string | null;
  /** Accessors of tokens that may still live though the user does not have them. */
  readonly unowned: readonly string[];
  /** What the user's process reported before the token was touched; undefined when it did not answer. */
  readonly account: UserAccount | undefined;
  /** One sentence for each failure. */
  readonly problems: readonly string[];
}

/** What enrolments work with. */
interface EnrolContext {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly session: Session;
  readonly ledger: Ledger;
  /** The OS users that exist, by name. */
  readonly accounts: ReadonlyMap<string, Account>;
}

/** Says for whom one enrolment is. */
interface UserContext extends EnrolContext {
  readonly user: HostUser;
  readonly account: Account;
  /** Why Vault need not be asked; undefined when it serves. */
  readonly vaultAway: string | undefined;
}

/** Enrols all renewed users of the plan, some of them at the same time. One user's failure does not stop the others. */
export async function enrolUsers(context: EnrolContext): Promise<ReadonlyMap<string, Enrolment>> {
  const { plan, session, ledger, accounts } = context;
  const vaultAway = await vaultTrouble(plan);
  const renewed = plan.users.filter(({ renewal }) => renewal);
  const entries = await eachLimited(renewed, USERS_AT_ONCE, async (user): Promise<[string, Enrolment]> => {
    const account = accounts.get(user.name);
    try {
      if (account === undefined)
        throw new ExpectedError(
          `there is no such OS user on ${plan.host}; create it there, or set \`renewal: false\` in the roster.`,
        );
      const done = await enrolUser({ ...context, user, account, vaultAway });
      if (done.token !== "kept" && done.token !== "failed") session.progress(`${user.name}: ${done.token}`);
      return [user.name, done];
    } catch (error) {
      const problems = problemsOf(error).map((problem) => `${user.name}: ${problem}`);
      return [user.name, failedEnrolment(ledger, user, undefined, ...problems)];
    }
  });
  return new Map(entries);
}

/**
 * Prepares the user's folders and keeps a token that Vault calls good. Replaces any other token. Mints nothing while the
 * state of the token is unknown, because Vault is away, sealed or failing.
 */
async function enrolUser(context: UserContext): Promise<Enrolment> {
  const { system, plan, session, ledger, user, account, vaultAway } = context;
  const task = taskFor(plan, user, account, { vaultAway });
  const asked = await askUser(system, account, "prepare", task, userAccount);
  if ("problem" in asked) return failedEnrolment(ledger, user, undefined, asked.problem);
  const found = asked.answer;
  switch (found.token.health) {
    case "good": {
      const { accessor } = found.token;
      const others = revokeOthers(context, found, accessor, "its enrolment was interrupted");
      const unowned = session.gone ? others : [];
      return { token: "kept", accessor, unowned, account: found, problems: [] };
    }
    case "unknown":
      return failedEnrolment(
        ledger,
        user,
        found,
        `${user.name}: the state of the Vault token is unknown: ${found.token.detail}; no token was minted. Repair Vault, then run \`pulumi up\` again.`,
      );
    case "missing":
    case "refused":
    case "wrong":
    case "stale":
      return replaceToken(context, found);
  }
}

/** Returns an enrolment that failed. It keeps what the ledger has. */
function failedEnrolment(
  ledger: Ledger,
  user: HostUser,
  account: UserAccount | undefined,
  ...problems: readonly string[]
): Enrolment {
  const { accessor = null, strays = [] } = ledger.entry(user.name) ?? {};
  return { token: "failed", accessor, unowned: strays, account, problems };
}

async function replaceToken(context: UserContext, found: UserAccount): Promise<Enrolment> {
  const { system, plan, session, ledger, user, account, vaultAway } = context;
  const recorded = ledger.accessors(user.name);
  const what =
    found.token.health === "stale"
      ? `${user.name} keeps the Vault token that is to be replaced (${found.token.detail})`
      : `${user.name} was not enrolled`;
  const failed = (why: string) => failedEnrolment(ledger, user, found, `${what}: ${why}.`);
  // The user's process could not unwrap a token without Vault, so that it would have to be revoked again.
  if (vaultAway !== undefined) return failed(`${vaultAway}; repair it, then run \`pulumi up\` again`);
  const reply = await session.needToken(user.name);
  if ("error" in reply) return failed(reply.error);

  const wrapped = { token: reply.wrappedToken, accessor: reply.wrappedAccessor };
  await ledger.addUnowned(user.name, wrapped.accessor);
  const task = taskFor(plan, user, account, { wrapped });
  const asked = await askUser(system, account, "enrol", task, enrolAnswer);
  const why = "problem" in asked ? asked.problem : asked.answer.enrolled ? undefined : asked.answer.why;
  if (why !== undefined) {
    session.revoke(nameInVault(user), wrapped.accessor, "the enrolment that it was minted for failed");
    return failed(why);
  }
  const unowned = revokeOthers(context, found, wrapped.accessor, "it was replaced by a new one");
  const first = found.accessors.length === 0 && recorded.length === 0;
  const token = first && found.token.health === "missing" ? "enrolled" : "re-enrolled";
  return { token, accessor: wrapped.accessor, unowned, account: found, problems: [] };
}

/**
 * Asks to revoke every token of the user but one. The next apply repeats each request, because the host cannot know whether
 * the operator received it.
 * @returns the accessors of the other tokens
 */
function revokeOthers(
  { session, ledger, user }: UserContext,
  found: UserAccount,
  kept: string | null,
  why: string,
): readonly string[] {
  const known = new Set([...found.accessors, ...ledger.accessors(user.name)]);
  const others = [...known].filter((accessor) => accessor !== kept);
  for (const accessor of others) session.revoke(nameInVault(user), accessor, why);
  return others;
}
