/** Entries of a KV version 2 mount as Vault describes them. */
import * as z from "zod";

/** Reads the newest version of an entry. `data` is null when that version is deleted. */
export const kvEntry = z
  .object({
    data: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.object({ version: z.number() }),
  })
  .transform(({ data, metadata: { version } }) => ({ data, version }));

/** One version of an entry. */
export interface KvEntry {
  readonly data: Readonly<Record<string, unknown>>;
  readonly version: number;
}

/** Reads the metadata of an entry. */
export const entryMetadata = z
  .object({
    created_time: z.string().nullish(),
    max_versions: z.number().nullish(),
    delete_version_after: z.string().nullish(),
    custom_metadata: z.record(z.string(), z.string()).nullish(),
  })
  .transform((data) => ({
    /** When the entry was created, in RFC 3339. A destroyed entry and its successor have different times. */
    createdAt: data.created_time ?? "",
    /** How many versions are kept; 0 for the mount's own limit. */
    maxVersions: data.max_versions ?? 0,
    /** How long a version is kept, as Vault prints it; `0s` for ever. */
    deleteAfter: data.delete_version_after ?? "0s",
    custom: data.custom_metadata ?? {},
  }));
export type EntryMetadata = Readonly<z.infer<typeof entryMetadata>>;
