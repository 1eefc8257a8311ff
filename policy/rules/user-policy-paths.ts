/** A user's policy opens that user's entry, and nothing of anybody else. */
import { readPolicy, type PolicyBlock } from "../../plan/vault/read-policy.ts";
import { resourceRule } from "../resource-rule.ts";

/** What each token needs for itself, without the `default` policy. */
const OWN_TOKEN = new Map([
  ["auth/token/lookup-self", "read"],
  ["auth/token/renew-self", "update"],
]);
const DATA = "create, read, update";
const METADATA = "read";

/** A KV version 2 path: mount, kind, folder, entry. */
const ENTRY = /^([^/]+(?:\/[^/]+)*?)\/(data|metadata)\/(.+)\/([^/]+)$/;

export const userPolicyPaths = resourceRule({
  name: "user-policy-paths",
  description: "A user's policy names exactly one user's paths: no wildcard, no list, no delete.",
  types: ["vault:index/policy:Policy"],
  check: ({ props }) => {
    const name = String(props["name"]);
    const user = /^claude-[a-z][a-z0-9]*-(.+)$/.exec(name)?.[1];
    if (user === undefined) {
      return [`"${name}" is not claude-<fleet>-<user>, so no token role of a fleet may hand it out.`];
    }
    const { blocks, rest } = readPolicy(String(props["policy"]));
    return [
      ...(rest === ""
        ? []
        : [
            "its text holds more than comments and exact paths with capabilities, and what Vault would read in it nobody has checked; write what userPolicy in plan/vault/user-policy.ts writes.",
          ]),
      ...blocks.flatMap((block) => wrongBlock(user, block)),
      ...wrongPlaces(blocks),
    ];
  },
});

function wrongBlock(user: string, { path, capabilities }: PolicyBlock): readonly string[] {
  if (/[*+{}]/.test(path)) {
    return [`"${path}" has a wildcard or a template, which opens other users' logins too; name one path.`];
  }
  const given = capabilities.join(", ");
  if (given === wanted(user, path)) return [];
  return [
    `"${path}" with [${given}] is not ${user}'s own entry with [${DATA}] or its metadata with [${METADATA}]; anything more lets one user read or destroy a login.`,
  ];
}

/** Capabilities, sorted, that `path` must have in the policy of `user`; undefined for a path that it may not name. */
function wanted(user: string, path: string): string | undefined {
  const entry = entryOf(path);
  if (entry?.name === user) return entry.kind === "data" ? DATA : METADATA;
  return OWN_TOKEN.get(path);
}

interface Entry {
  readonly kind: string;
  readonly name: string;
  /** The same for its data and its metadata. */
  readonly place: string;
}

function entryOf(path: string): Entry | undefined {
  const match = ENTRY.exec(path);
  if (match === null) return undefined;
  const [, mount, kind = "", folder, name = ""] = match;
  return { kind, name, place: `${mount}/${folder}/${name}` };
}

/** All entries that the policy names are one: the same mount, folder and name, its data among them. */
function wrongPlaces(blocks: readonly PolicyBlock[]): readonly string[] {
  const entries = blocks.flatMap(({ path }) => entryOf(path) ?? []);
  const places = new Set(entries.map(({ place }) => place));
  return [
    ...(entries.some(({ kind }) => kind === "data")
      ? []
      : ["the policy opens no entry, so the user cannot be backed up; name the user's data path."]),
    ...(places.size > 1
      ? [
          `the policy names ${places.size} entries (${[...places].join(", ")}), so it reaches beyond the one that is the user's; name one.`,
        ]
      : []),
  ];
}
