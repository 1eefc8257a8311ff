/** Does the operator's work in Vault: mints wrapped tokens, revokes tokens of the fleet, destroys backups. */
import { WRAP_SECONDS } from "../contract/wrapped-token.ts";
import {
  listTokens,
  lookUpClaimed,
  lookUpListed,
  MOST_TOKENS,
  type FleetRole,
  type FoundTokens,
} from "./fleet-tokens.ts";
import { displayName } from "../plan/vault/names.ts";
import { VaultClient } from "../lib/vault-api.ts";
import { describeFailure } from "../lib/vault-result.ts";
import type { TokenInfo, WrappedToken } from "../lib/vault-token-schema.ts";
import type { VaultAccess } from "../contract/connection.ts";
import type { HostPlan } from "../contract/host-plan.ts";

/** The user that a token belongs to. */
export interface UserOnHost {
  readonly fleet: string;
  readonly host: string;
  /** By the name that Vault knows. */
  readonly user: string;
}

/** The user that a token belongs to, or any user of the host. */
interface TokenOwner extends Omit<UserOnHost, "user"> {
  readonly user: string | undefined;
}

/** How a revocation ended. `left` is no failure, but the operator is told why. */
type Revocation =
  { readonly kind: "gone" | "taken-over" } | { readonly kind: "left" | "failed"; readonly why: string };

/** Works in Vault with the operator's token. Failures are returned as sentences; no answer of Vault throws. */
export class VaultAdmin {
  readonly #client: VaultClient;
  readonly #access: VaultAccess;

  constructor(access: VaultAccess, token: string) {
    this.#access = access;
    this.#client = new VaultClient({ ...access, caPem: access.caPem, token });
  }

  /** Mints a token for `owner` with exactly `policy`. It is wrapped, so that only its first reader gets it. */
  async mint(owner: UserOnHost, policy: string): Promise<WrappedToken | { readonly error: string }> {
    const minted = await this.#client.createWrapped(
      this.#access.role,
      { displayName: displayName(owner.fleet, owner.user), policies: [policy], meta: { ...owner } },
      WRAP_SECONDS,
    );
    if (minted.kind === "ok") return minted.value;
    const why = `Vault at ${this.#access.address} ${describeFailure(minted)}; ${remedyFor(minted.kind)}`;
    return { error: `no token could be minted for ${owner.user}: ${why}` };
  }

  /**
   * Unwraps a token that was minted here, so that no host can unwrap it any more, and drops it.
   * @returns `used` when it was unwrapped before or its time is over; or why neither is known, as a clause
   */
  async recall({ wrappedToken }: WrappedToken): Promise<"recalled" | "used" | { readonly why: string }> {
    const client = new VaultClient({ ...this.#access, caPem: this.#access.caPem, token: wrappedToken });
    const taken = await client.unwrap();
    if (taken.kind === "ok") return "recalled";
    const spent = taken.kind === "failed" && taken.status === 400;
    return spent ? "used" : { why: `Vault ${describeFailure(taken)}` };
  }

  /**
   * Revokes a token by its accessor, after Vault has confirmed that the fleet's role made it for `owner`. The accessor may
   * come from a file that the user writes, or from a host that lies. A token that has ended is fine. Another owner's token
   * is left alone.
   * @param adopt whether to revoke the user's token of the original runbook too, which has no metadata
   */
  async revoke(owner: TokenOwner, accessor: string, adopt = false): Promise<Revocation> {
    const found = await this.#client.lookupAccessor(accessor);
    if (found.kind === "notFound") return { kind: "gone" };
    const where = `the accessor ${accessor} of ${owner.user ?? "a user"} on ${owner.host}`;
    if (found.kind !== "ok") {
      const why = `${where} was not revoked: Vault ${describeFailure(found)}; ${byHand(accessor)}`;
      return { kind: "failed", why };
    }
    const { meta, role } = found.value;
    const original = adopt && owner.user !== undefined && isOriginals(found.value, owner.user);
    const own =
      role === this.#access.role &&
      meta["fleet"] === owner.fleet &&
      meta["host"] === owner.host &&
      (owner.user === undefined || meta["user"] === owner.user);
    if (!original && !own) {
      const why = `${where} was left alone: Vault says that it is not this fleet's token for that user and host; inspect it by \`vault token lookup -accessor ${accessor}\``;
      return { kind: "left", why };
    }
    const why = await this.#revokeKnown(accessor, where);
    if (why !== undefined) return { kind: "failed", why };
    return { kind: original ? "taken-over" : "gone" };
  }

  /** Returns the fleet's tokens among accessors that a host reports. */
  lookUp(plan: HostPlan, accessors: readonly string[]): Promise<FoundTokens> {
    return lookUpClaimed(this.#client, this.#roleOf(plan), accessors);
  }

  /**
   * Finds all living tokens of the fleet.
   * @returns undefined where the settings leave unowned tokens alone, where this identity may not list tokens, and where
   *   Vault has too many
   */
  async findAll(plan: HostPlan): Promise<FoundTokens | undefined> {
    if (this.#access.strayTokens === "leave") return undefined;
    const { accessors, at } = await listTokens(this.#client);
    if (accessors.kind === "forbidden" || accessors.kind === "notFound") return undefined;
    if (accessors.kind !== "ok") return { kind: "failed", failure: accessors };
    if (accessors.value.length > MOST_TOKENS) return undefined;
    return lookUpListed(this.#client, this.#roleOf(plan), accessors.value, at);
  }

  #roleOf({ fleet, vault }: HostPlan): FleetRole {
    return { fleet, role: this.#access.role, tokenPeriodSeconds: vault.tokenPeriodSeconds };
  }

  /**
   * Revokes an unowned token, after Vault has confirmed that the fleet's role minted it for the fleet. A token that has
   * ended is fine.
   * @returns undefined, or why it was not revoked
   */
  async revokeUnowned(fleet: string, accessor: string): Promise<string | undefined> {
    const found = await this.#client.lookupAccessor(accessor);
    if (found.kind === "notFound") return undefined;
    const where = `the accessor ${accessor}`;
    if (found.kind !== "ok")
      return `${where} was not revoked: Vault ${describeFailure(found)}; ${byHand(accessor)}`;
    if (found.value.role !== this.#access.role || found.value.meta["fleet"] !== fleet) {
      return `${where} was left alone: Vault says that it is not of the role ${this.#access.role} and the fleet ${fleet}; inspect it by \`vault token lookup -accessor ${accessor}\``;
    }
    return this.#revokeKnown(accessor, where);
  }

  /**
   * Destroys all backups of a user, after the entry's metadata has confirmed that they are this fleet's and this user's.
   * @returns undefined, or why they still exist
   */
  async purge(fleet: string, user: string, metadataPath: string): Promise<string | undefined> {
    const found = await this.#client.kvMetadata(metadataPath);
    if (found.kind === "notFound") return undefined;
    const where = `the backups of ${user} (${metadataPath})`;
    if (found.kind !== "ok")
      return `${where} were not destroyed: Vault ${describeFailure(found)}; repair that, then run \`pulumi up\` again`;
    const { custom } = found.value;
    if (custom["fleet"] !== fleet || custom["user"] !== user) {
      return `${where} were left alone: their metadata does not say that they are of the fleet ${fleet} and of ${user}; inspect it by \`vault kv metadata get\``;
    }
    const gone = await this.#client.kvDestroy(metadataPath);
    if (gone.kind === "ok" || gone.kind === "notFound") return undefined;
    const remedy =
      gone.kind === "forbidden" ? "log in as an identity that may delete that path" : "repair that";
    return `${where} were not destroyed: Vault ${describeFailure(gone)}; ${remedy}, then run \`pulumi up\` again`;
  }

  async #revokeKnown(accessor: string, where: string): Promise<string | undefined> {
    const revoked = await this.#client.revokeAccessor(accessor);
    if (revoked.kind === "ok" || revoked.kind === "notFound") return undefined;
    return `${where} was not revoked: Vault ${describeFailure(revoked)}; ${byHand(accessor)}`;
  }
}

/** Whether the original runbook made a token for this user: apart from `default`, its only policy names the user. */
function isOriginals({ meta, policies }: TokenInfo, user: string): boolean {
  const own = policies.filter((policy) => policy !== "default");
  return meta["fleet"] === undefined && own.length === 1 && own[0] === `workstation-claude-${user}`;
}

function byHand(accessor: string): string {
  return `revoke it by \`vault token revoke -accessor ${accessor}\``;
}

function remedyFor(kind: string): string {
  switch (kind) {
    case "forbidden":
      return "log in as an identity that may update auth/token/create/<role> (VAULT_TOKEN or `vault login`)";
    case "sealed":
      return "unseal it, then run `pulumi up` again";
    case "unreachable":
      return "start it or repair the way to it, then run `pulumi up` again";
    default:
      return "read its log, then run `pulumi up` again";
  }
}
