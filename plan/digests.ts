/** Computes the digests that a diff shows: one for each part of a workstation's plan, and one for a container. */
import type { HostFile } from "../contract/fields.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import { sha256Of, shortDigest } from "../lib/sha256.ts";
import type { ContainerPlan } from "./model.ts";

/**
 * Returns the entries for the environment of a workstation's command: `program`, `vault`, `renewal`, then `file <path>`
 * and `user <name>` in the plan's order. A diff of them names what changes, and nothing else.
 */
export function planEntries(plan: HostPlan): Readonly<Record<string, string>> {
  return {
    program: `${plan.program.version} ${shortDigest(plan.program.sha256)}`,
    vault: shortDigestOf(plan.vault),
    renewal: shortDigestOf(plan.renewal),
    ...Object.fromEntries(plan.files.map((file) => [`file ${file.path}`, fileDigest(file)])),
    ...Object.fromEntries(plan.users.map((user) => [`user ${user.name}`, shortDigestOf(user)])),
  };
}

/** Returns the digest of a whole plan. The host reports the digest of its recorded plan, and both must be equal. */
export function planDigest(plan: HostPlan): string {
  return sha256Of(canonicalJson(plan));
}

/**
 * Returns a short digest of those settings of a container for which Docker has defaults. Docker's provider keeps what it
 * reads ("computed"), so it does not notice a removed setting. A label with this digest makes it a change.
 * Source: https://github.com/kreuzwerker/terraform-provider-docker/blob/v4.2.0/internal/provider/resource_docker_container.go
 */
export function definitionDigest({ command, entrypoint, user, healthcheck }: ContainerPlan): string {
  return shortDigestOf({ command, entrypoint, user, healthcheck });
}

function shortDigestOf(value: object): string {
  return shortDigest(sha256Of(canonicalJson(value)));
}

function fileDigest({ mode, content }: HostFile): string {
  return `${mode} ${shortDigest(sha256Of(content))}`;
}
