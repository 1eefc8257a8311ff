/** Names what a workstation's command does, one digest a thing, so that a diff says which user or file changes. */
import { createHash } from "node:crypto";
import type { HostFile } from "../contract/fields.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import type { ContainerPlan } from "./model.ts";
import type { HostPlan } from "../contract/host-plan.ts";

/** Hexadecimal SHA-256 of a text. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** As much of a digest as a person compares. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}

/**
 * Entries for the command's environment, in a stable order: `program`, `vault`, `renewal`, then `file <path>` and
 * `user <name>` in the plan's order. A value is short and says nothing but whether the thing is the same.
 */
export function planEntries(plan: HostPlan): Readonly<Record<string, string>> {
  const digest = (value: unknown) => short(sha256(canonicalJson(value)));
  return {
    program: `${plan.program.version} ${short(plan.program.sha256)}`,
    vault: digest(plan.vault),
    renewal: digest(plan.renewal),
    ...Object.fromEntries(plan.files.map((file) => [`file ${file.path}`, fileDigest(file)])),
    ...Object.fromEntries(plan.users.map((user) => [`user ${user.name}`, digest(user)])),
  };
}

/** Digest of a whole plan: the operator's and the one on the host's record are the same, or it differs. */
export function planDigest(plan: HostPlan): string {
  return sha256(canonicalJson(plan));
}

/**
 * Short digest of what the settings say of a container and Docker fills in where they say nothing: taking such a line
 * away is no change to Docker's provider, which keeps what it reads ("computed"), so that a label must tell of it.
 * Source: https://github.com/kreuzwerker/terraform-provider-docker/blob/v4.2.0/internal/provider/resource_docker_container.go
 */
export function definitionDigest({ command, entrypoint, user, healthcheck }: ContainerPlan): string {
  return short(sha256(canonicalJson({ command, entrypoint, user, healthcheck })));
}

function fileDigest({ mode, content }: HostFile): string {
  return `${mode} ${short(sha256(content))}`;
}
