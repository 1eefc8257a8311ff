/** Requires that containers read a token only from its approved copy, mounted read-only. */
import { CONTAINER, DIGEST_LABEL, readContainer, type Container } from "../container.ts";
import { resourceRule } from "../resource-rule.ts";

type Mount = Container["mounts"][number];

/** Matches an approved copy: `auth.d/<sha256>.<uid>.json`. */
const COPY = /\/auth\.d\/([0-9a-f]{64})\.[0-9]+\.json$/;

/** Matches where tokens and logins lie on a host: the folder of approved copies, its content, and the CLI's own files. */
const TOKEN_PLACE = /\/auth\.d(?:\/|$)|\/(?:auth|\.credentials)\.json$|\/\.claude\/?$/;

export const tokenMounts = resourceRule({
  name: "token-mounts",
  description: "A token is mounted read-only, from its approved copy and from nowhere else.",
  types: [CONTAINER],
  check: ({ props }) => {
    const container = readContainer(props);
    const mounts = container.mounts.filter(({ source }) => TOKEN_PLACE.test(source));
    return [...missingCopy(container, mounts), ...mounts.flatMap((mount) => wrongMount(container, mount))];
  },
});

function missingCopy({ labels }: Container, mounts: readonly Mount[]): readonly string[] {
  if (!labels.has(DIGEST_LABEL) || mounts.some(({ source }) => COPY.test(source))) return [];
  return [
    "No mount comes from an approved copy (auth.d/<sha256>.<uid>.json). A refused token file could reach the container by `docker restart`. Mount the approved copy.",
  ];
}

function wrongMount(container: Container, mount: Mount): readonly string[] {
  const { target, readOnly } = mount;
  return [
    ...wrongSource(container, mount),
    ...(readOnly
      ? []
      : [
          `The token at ${target} is writable. A process in the container could replace the token that other containers read. Set readOnly.`,
        ]),
  ];
}

function wrongSource({ labels }: Container, { source, target }: Mount): readonly string[] {
  const copy = COPY.exec(source);
  if (copy === null) {
    return [
      `The mount at ${target} brings a token past the gate (${source}). A file that does not work, or another user's login, could reach the container. Mount auth.d/<sha256>.<uid>.json.`,
    ];
  }
  if (copy[1] === labels.get(DIGEST_LABEL)) return [];
  return [
    `The mount at ${target} is not the copy that the label ${DIGEST_LABEL} names. A stale token would look current. Give both the digest that the gate passed.`,
  ];
}
