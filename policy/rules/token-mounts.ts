/** Containers read a token from its immutable copy, read-only, and from nowhere else. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { z } from "zod";

const container = z.object({
  labels: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
  mounts: z
    .array(
      z.object({ source: z.string().optional(), target: z.string(), readOnly: z.boolean().default(false) }),
    )
    .default([]),
  envs: z.array(z.string()).default([]),
});

/** The immutable copy that the gate stores: `auth.d/<sha256>.<uid>.json`. */
const COPY = /\/auth\.d\/([0-9a-f]{64})\.[0-9]+\.json$/;

export const tokenMounts: ResourceValidationPolicy = {
  name: "token-mounts",
  description:
    "A token is mounted read-only, from the copy that the gate has stored, and is no environment variable.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props, name }, reportViolation) => {
    if (type !== "docker:index/container:Container") return;
    const { labels, mounts, envs } = container.parse(props);
    const sha256 = labels.find(({ label }) => label === "claude-fleet.sha256")?.value;
    if (sha256 === undefined) return;
    const copies = mounts.filter(({ source }) => source !== undefined && source.includes("/auth.d/"));
    if (copies.length === 0) {
      reportViolation(
        `${name}: no mount comes from the gate's copies (auth.d/<sha256>.<uid>.json), so a refused token file could reach the container by \`docker restart\`.`,
      );
    }
    for (const { source, target, readOnly } of copies) {
      if (!readOnly) {
        reportViolation(
          `${name}: the token at ${target} is writable, so a process in the container could replace what the others read; set readOnly.`,
        );
      }
      const digest = COPY.exec(source ?? "")?.[1];
      if (digest !== sha256) {
        reportViolation(
          `${name}: the mount at ${target} is not the copy that the label claude-fleet.sha256 names, so a stale token would look current.`,
        );
      }
    }
    if (envs.some((entry) => entry.startsWith("CLAUDE_CODE_OAUTH_TOKEN="))) {
      reportViolation(
        `${name}: CLAUDE_CODE_OAUTH_TOKEN is in its environment: \`docker inspect\` and the state show it, and it outranks the mounted file; remove it.`,
      );
    }
  },
};
