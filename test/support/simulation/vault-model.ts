/** A model of Vault with one user's entry: versions, check-and-set, and trouble. */
import type { VaultResult } from "../../../lib/vault-result.ts";
import type { TokenInfo } from "../../../lib/vault-token-schema.ts";
import type { KvEntry } from "../../../lib/vault-kv-schema.ts";

/** `failing` answers 500; `forbidden` refuses the token. */
export type VaultMood = "up" | "unreachable" | "sealed" | "failing" | "forbidden";

/** See the file's comment. */
export class VaultModel {
  mood: VaultMood = "up";
  /** Whether the next write happens and its answer is lost. */
  losesAnswer = false;
  /** The versions, newest last; null: deleted. */
  versions: (KvEntry["data"] | null)[] = [];
  readonly token: TokenInfo;

  constructor(token: TokenInfo) {
    this.token = token;
  }

  /** Returns the newest version's content. */
  get newest(): KvEntry["data"] | undefined {
    return this.versions.at(-1) ?? undefined;
  }

  lookupSelf(): VaultResult<TokenInfo> {
    return this.#trouble() ?? { kind: "ok", value: this.token };
  }

  renewSelf(): VaultResult<number> {
    return this.#trouble() ?? { kind: "ok", value: this.token.ttlSeconds };
  }

  read(): VaultResult<KvEntry> {
    const trouble = this.#trouble();
    if (trouble !== undefined) return trouble;
    const version = this.versions.length;
    const data = this.newest;
    return data === undefined ? { kind: "notFound", version } : { kind: "ok", value: { data, version } };
  }

  write(data: KvEntry["data"], cas: number): VaultResult<number> {
    const trouble = this.#trouble();
    if (trouble !== undefined) return trouble;
    if (cas !== this.versions.length) return { kind: "conflict" };
    this.versions.push(data);
    if (!this.losesAnswer) return { kind: "ok", value: this.versions.length };
    this.losesAnswer = false;
    return { kind: "unreachable", why: "ECONNRESET" };
  }

  /** Restores a snapshot: the last versions are lost. */
  rollBack(versions: number): void {
    this.versions.splice(Math.max(1, this.versions.length - versions));
  }

  #trouble(): Exclude<VaultResult<never>, { kind: "ok" }> | undefined {
    switch (this.mood) {
      case "up":
        return undefined;
      case "unreachable":
        return { kind: "unreachable", why: "ECONNREFUSED" };
      case "sealed":
        return { kind: "sealed" };
      case "failing":
        return { kind: "failed", status: 500, why: "internal error" };
      case "forbidden":
        return { kind: "forbidden", why: "permission denied" };
    }
  }
}
