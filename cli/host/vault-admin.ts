/** What the operator does in Vault while a host is changed: mints wrapped tokens, revokes the fleet's own ones. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { displayName } from "../../plan/vault-names.ts";
import { describeFailure, VaultClient, type WrappedToken } from "../../lib/vault-client.ts";
import type { VaultAccess } from "./request.ts";

/** Seconds in which a host must unwrap what it was sent. */
const WRAP_SECONDS = 300;

/** Whose token is meant. */
export interface TokenOwner {
  readonly fleet: string;
  readonly host: string;
  readonly user: string;
}

/** The operator's hand in Vault. Failures are sentences; nothing here throws for what Vault answers. */
export class VaultAdmin {
  readonly #client: VaultClient;
  readonly #access: VaultAccess;

  constructor(access: VaultAccess, token: string) {
    this.#access = access;
    this.#client = new VaultClient({ ...access, caPem: access.caPem, token });
  }

  /** Mints a token for `owner` with exactly `policy`, wrapped, so that only its first reader gets it. */
  async mint(owner: TokenOwner, policy: string): Promise<WrappedToken | { readonly error: string }> {
    const minted = await this.#client.createWrapped(
      this.#access.role,
      { displayName: displayName(owner.fleet, owner.user), policies: [policy], meta: { ...owner } },
      WRAP_SECONDS,
    );
    if (minted.kind === "ok") return minted.value;
    return {
      error: `no token could be minted for ${owner.user}: Vault at ${this.#access.address} ${describeFailure(minted)}; ${remedyFor(minted.kind)}`,
    };
  }

  /**
   * Revokes a token by its accessor, once Vault itself has said that it is `owner`'s: the accessor may come from a
   * file that the user writes. One that is gone already is fine.
   * @returns undefined, or why it was not revoked
   */
  async revoke(owner: TokenOwner, accessor: string): Promise<string | undefined> {
    const found = await this.#client.lookupAccessor(accessor);
    if (found.kind === "notFound") return undefined;
    const where = `the accessor ${accessor} of ${owner.user} on ${owner.host}`;
    if (found.kind !== "ok") {
      return `${where} was not revoked: Vault ${describeFailure(found)}; revoke it by \`vault token revoke -accessor ${accessor}\``;
    }
    const { meta } = found.value;
    if (meta["fleet"] !== owner.fleet || meta["user"] !== owner.user || meta["host"] !== owner.host) {
      return `${where} was left alone: Vault says that it is not this fleet's token for that user and host; look at it by \`vault token lookup -accessor ${accessor}\``;
    }
    const revoked = await this.#client.revokeAccessor(accessor);
    if (revoked.kind === "ok" || revoked.kind === "notFound") return undefined;
    return `${where} was not revoked: Vault ${describeFailure(revoked)}; revoke it by \`vault token revoke -accessor ${accessor}\``;
  }
}

function remedyFor(kind: string): string {
  switch (kind) {
    case "forbidden":
      return "log in as an identity that may update auth/token/create/<role> (VAULT_TOKEN or `vault login`)";
    case "sealed":
      return "unseal it, then run `pulumi up` again";
    case "unreachable":
      return "start it or mend the way to it, then run `pulumi up` again";
    default:
      return "look at its log, then run `pulumi up` again";
  }
}

/**
 * The operator's Vault token, as the Vault command and provider find it: VAULT_TOKEN, else `~/.vault-token`.
 * @returns undefined when there is none
 */
export async function operatorToken(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fromEnvironment = environment["VAULT_TOKEN"]?.trim();
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  const file = path.join(homedir(), ".vault-token");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.trim() === "" ? undefined : text.trim();
}
