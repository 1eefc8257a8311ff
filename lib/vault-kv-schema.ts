/** Entries of a KV version 2 mount as Vault describes them. */
import * as z from "zod";
import type { VaultResult } from "./vault-result.ts";

/** The newest version of an entry, in Vault's own words. `data` is null when that version is deleted. */
export const kvEntry = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.object({ version: z.number() }),
  }),
});

/** The metadata of an entry, in Vault's own words. */
export const entryMetadata = z.object({
  data: z.object({
    created_time: z.string().nullish(),
    max_versions: z.number().nullish(),
    delete_version_after: z.string().nullish(),
    custom_metadata: z.record(z.string(), z.string()).nullish(),
  }),
});

/** One version of an entry. */
export interface KvEntry {
  readonly data: Readonly<Record<string, unknown>>;
  readonly version: number;
}

/** The metadata of an entry. */
export interface EntryMetadata {
  /** When the entry was created, in RFC 3339. A destroyed entry and its successor have different times. */
  readonly createdAt: string;
  /** How many versions are kept; 0 for the mount's own limit. */
  readonly maxVersions: number;
  /** How long a version is kept, as Vault prints it; `0s` for ever. */
  readonly deleteAfter: string;
  readonly custom: Readonly<Record<string, string>>;
}

/** Reads an entry's newest version. A deleted one is `notFound`. */
export function toKvEntry({ data: { data, metadata } }: z.infer<typeof kvEntry>): VaultResult<KvEntry> {
  const { version } = metadata;
  return data === null ? { kind: "notFound", version } : { kind: "ok", value: { data, version } };
}

/** Reads an entry's metadata. */
export function toEntryMetadata({ data }: z.infer<typeof entryMetadata>): EntryMetadata {
  return {
    createdAt: data.created_time ?? "",
    maxVersions: data.max_versions ?? 0,
    deleteAfter: data.delete_version_after ?? "0s",
    custom: data.custom_metadata ?? {},
  };
}
