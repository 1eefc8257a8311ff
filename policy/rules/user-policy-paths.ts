/** Requires that a user's policy opens the entry of that user only. */
import { resourceRule } from "../resource-rule.ts";
import { readPolicy, type PolicyBlock } from "../../plan/vault/hcl.ts";

/** Paths that each token needs for itself, because it has no `default` policy. */
const OWN_TOKEN = new Map([
  ["auth/token/lookup-self", "read"],
  ["auth/token/renew-self", "update"],
]);
const DATA = "create, read, update";
const METADATA = "read";

/** Matches a KV version 2 path: mount, kind, folder, entry. */
const ENTRY = /^([^/]+(?:\/[^/]+)*?)\/(data|metadata)\/(.+)\/([^/]+)$/;

export const userPolicyPaths = resourceRule({
  name: "user-policy-paths",
  description: "A user's policy names exactly one user's paths: no wildcard, no list, no delete.",
  types: ["vault:index/policy:Policy"],
  check: ({ props }) => {
    const name = String(props["name"]);
    const user = /^claude-[a-z][a-z0-9]*-(.+)$/.exec(name)?.[1];
    if (user === undefined) {
      return [`"${name}" is not claude-<fleet>-<user>. No token role of a fleet may hand it out.`];
    }
    const { blocks, rest } = readPolicy(String(props["policy"]));
    return [
      ...(rest === ""
        ? []
        : [
            "The text holds more than comments and exact paths with capabilities. This rule cannot check how Vault would read the rest. Write what userPolicy in plan/vault/user-policy.ts writes.",
          ]),
      ...blocks.flatMap((block) => wrongBlock(user, block)),
      ...wrongPlaces(blocks),
    ];
  },
});

function wrongBlock(user: string, { path, capabilities }: PolicyBlock): readonly string[] {
  if (/[*+{}]/.test(path)) {
    return [`"${path}" has a wildcard or a template, which opens other users' logins too. Name one path.`];
  }
  const given = capabilities.join(", ");
  if (given === wanted(user, path)) return [];
  return [
    `"${path}" with [${given}] is not ${user}'s own entry with [${DATA}], nor its metadata with [${METADATA}]. Anything more lets one user read or destroy a login.`,
  ];
}

/** Returns the sorted capabilities that the policy of `user` must give on `path`; undefined where it may give none. */
function wanted(user: string, path: string): string | undefined {
  const entry = entryOf(path);
  if (entry?.name === user) return entry.kind === "data" ? DATA : METADATA;
  return OWN_TOKEN.get(path);
}

/** Returns the entry of a path. `place` is the same for the data and the metadata of an entry. */
function entryOf(path: string) {
  const match = ENTRY.exec(path);
  if (match === null) return undefined;
  const [, mount, kind = "", folder, name = ""] = match;
  return { kind, name, place: `${mount}/${folder}/${name}` };
}

/** Checks that the policy names one entry, in one place, with its data. */
function wrongPlaces(blocks: readonly PolicyBlock[]): readonly string[] {
  const entries = blocks.flatMap(({ path }) => entryOf(path) ?? []);
  const places = new Set(entries.map(({ place }) => place));
  return [
    ...(entries.some(({ kind }) => kind === "data")
      ? []
      : ["The policy opens no entry, so the user cannot be backed up. Name the user's data path."]),
    ...(places.size > 1
      ? [
          `The policy names ${places.size} entries (${[...places].join(", ")}), and only one can be the user's. Name one.`,
        ]
      : []),
  ];
}
