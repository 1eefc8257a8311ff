/** Containers read a token from its immutable copy, read-only, and from nowhere else. */
import { CONTAINER, DIGEST_LABEL, readContainer, type SeenContainer, type SeenMount } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

/** The immutable copy that the gate stores: `auth.d/<sha256>.<uid>.json`. */
const COPY = /\/auth\.d\/([0-9a-f]{64})\.[0-9]+\.json$/;

/** Where tokens and logins lie on a host: the copies' folder, its content, and the CLI's own files. */
const TOKEN_PLACE = /\/auth\.d(?:\/|$)|\/(?:auth|\.credentials)\.json$|\/\.claude\/?$/;

export const tokenMounts = resourceRule({
  name: "token-mounts",
  description: "A token is mounted read-only, from the copy that the gate has stored, and from nowhere else.",
  types: [CONTAINER],
  check: ({ props }) => {
    const container = readContainer(props);
    const mounts = container.mounts.filter(({ source }) => TOKEN_PLACE.test(source));
    return [...missingCopy(container, mounts), ...mounts.flatMap((mount) => wrongMount(container, mount))];
  },
});

function missingCopy({ labels }: SeenContainer, mounts: readonly SeenMount[]): readonly string[] {
  if (!labels.has(DIGEST_LABEL) || mounts.some(({ source }) => COPY.test(source))) return [];
  return [
    "no mount comes from the gate's copies (auth.d/<sha256>.<uid>.json), so a refused token file could reach the container by `docker restart`; mount the copy.",
  ];
}

function wrongMount(container: SeenContainer, mount: SeenMount): readonly string[] {
  const { target, readOnly } = mount;
  return [
    ...wrongSource(container, mount),
    ...(readOnly
      ? []
      : [
          `the token at ${target} is writable, so a process in the container could replace what the others read; set readOnly.`,
        ]),
  ];
}

function wrongSource({ labels }: SeenContainer, { source, target }: SeenMount): readonly string[] {
  const copy = COPY.exec(source);
  if (copy === null) {
    return [
      `the mount at ${target} brings a token past the gate (${source}), so a file that does not work, or another user's login, could reach the container; mount auth.d/<sha256>.<uid>.json.`,
    ];
  }
  if (copy[1] === labels.get(DIGEST_LABEL)) return [];
  return [
    `the mount at ${target} is not the copy that the label ${DIGEST_LABEL} names, so a stale token would look current; let both have the gate's digest.`,
  ];
}
