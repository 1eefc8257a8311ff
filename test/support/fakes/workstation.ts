/** A workstation in a folder, with the steps that the tests of an apply share. */
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { HostPlan } from "../../../contract/host-plan.ts";
import { apply } from "../../../host/workstation/apply.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { fakeHost, fakeSession, type FakeHost } from "./fake-host.ts";
import { FakeVault } from "./fake-vault.ts";

/** What one test works with. */
export interface Workstation {
  vault: FakeVault;
  host: FakeHost;
  operator: ReturnType<typeof fakeSession>;
  /** Applies a plan. */
  readonly run: (plan: HostPlan) => ReturnType<typeof apply>;
  /** Returns a path below the host's `/etc`. */
  readonly etc: (path: string) => string;
  /** Returns the path of a user's Vault token. */
  readonly tokenFile: (user: string) => string;
  /** Returns the path of the accessor beside it. */
  readonly accessorFile: (user: string) => string;
}

/** Creates a Vault and a workstation with the OS users alice and bob before each test. */
export function workstationForEachTest(): Workstation {
  const config = (user: string) => join(at.host.home(user), ".config/claude-auth-sync");
  const at = {
    run: (plan) => apply(at.host.system, plan, at.operator.session),
    etc: (path) => join(at.host.root, "etc", path),
    tokenFile: (user) => join(config(user), "vault-token"),
    accessorFile: (user) => join(config(user), "vault-accessor"),
  } as Workstation;
  beforeEach(async () => {
    at.vault = await new FakeVault().start();
    at.host = await fakeHost("alice", "bob");
    at.operator = fakeSession(at.vault);
  });
  afterEach(() => at.vault.close());
  return at;
}

/** Returns the units that start runs of these users, sorted. */
export function starters(...users: readonly string[]): readonly string[] {
  return users.flatMap((user) => [`claude-auth-sync@${user}.path`, `claude-auth-sync@${user}.timer`]);
}

/** Returns the accessor that an apply gave to `user`: users are enrolled at the same time, in no fixed order. */
export function accessorOf({ result }: Awaited<ReturnType<Workstation["run"]>>, user: string): string {
  const accessor = result.users.find(({ name }) => name === user)?.accessor;
  if (accessor === null || accessor === undefined) throw new Error(`${user} was not enrolled`);
  return accessor;
}

/** Returns the problems of the expected error that `work` rejects with. */
export async function problemsOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ExpectedError) return error.problems;
    throw error;
  }
  throw new Error("expected it to be refused");
}
