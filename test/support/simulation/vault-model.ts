/** Vault with one user's entry: versions, check-and-set, and everything that can be the matter with it. */
import type { VaultResult } from "../../../lib/vault-result.ts";
import type { TokenInfo } from "../../../lib/vault-token.ts";
import type { KvEntry } from "../../../lib/vault-kv.ts";

/** `failing` answers 500; `forbidden` refuses the token. */
export type VaultMood = "up" | "unreachable" | "sealed" | "failing" | "forbidden";

/** See the file's own comment. */
export class VaultModel {
  mood: VaultMood = "up";
  /** The next write takes place, and its answer is lost. */
  losesAnswer = false;
  /** Newest last; null: deleted. */
  versions: (KvEntry["data"] | null)[] = [];
  readonly token: TokenInfo;

  constructor(token: TokenInfo) {
    this.token = token;
  }

  /** The newest version's content. */
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

  /** An operator brings back a snapshot: the last versions were never written. */
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
