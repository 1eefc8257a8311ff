/** The one shape of every command resource that changes a host or Vault, and how a difference seen there makes it run. */
import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { canonicalJson } from "../plan/canonical-json.ts";

/**
 * What was seen on the host, as far as this command mends it. `unknown`: the host did not answer, so nothing is
 * concluded from it; `differs`: run again, showing `note`.
 */
export type Drift =
  | { readonly kind: "none" }
  | { readonly kind: "unknown" }
  | { readonly kind: "differs"; readonly note: string };

/** Actions of `claude-fleet vault`. */
export type VaultAction = "sweep" | "purge";

/** Actions of `claude-fleet host` that change something. */
export type HostAction =
  "retire" | "apply" | "remove" | "gate" | "recreate" | "verify" | "stale" | "rules" | "remove-rules";

/** Arguments of {@link hostCommand}. */
export interface HostCommandArgs {
  readonly action: Exclude<HostAction, "remove" | "remove-rules"> | VaultAction;
  /** Runs when the resource goes; needs nothing but the standard input that is in the state. */
  readonly onDelete?: "remove" | "remove-rules";
  /** The whole request; part of the state, so it holds no secret. */
  readonly request: object;
  /** What a diff names: one entry a user and file. */
  readonly entries: Readonly<Record<string, string>>;
  readonly drift: Drift;
  /** Any change replaces the resource, which runs the action. */
  readonly triggers?: readonly pulumi.Input<string>[];
}

/** Key of the environment that carries what differs on the host. */
const DRIFT = "drift";

/**
 * Declares the command. Its text is static and the same on every machine; data goes over standard input. The note
 * of a difference is an `environment` entry, which a preview shows; where nothing differs, or nothing is known,
 * the entry is left as the state has it, so that a repair leaves no second difference behind.
 */
export function hostCommand(
  name: string,
  args: HostCommandArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const { action, onDelete, drift } = args;
  return new command.local.Command(
    name,
    {
      create: commandLine(action),
      ...(onDelete === undefined ? {} : { delete: commandLine(onDelete) }),
      stdin: canonicalJson(args.request),
      environment: { ...args.entries, ...(drift.kind === "differs" ? { [DRIFT]: drift.note } : {}) },
      logging: command.local.Logging.Stderr,
      ...(args.triggers === undefined ? {} : { triggers: [...args.triggers] }),
    },
    {
      ...opts,
      ...(onDelete === undefined ? {} : { deleteBeforeReplace: true }),
      ignoreChanges: [
        ...(opts.ignoreChanges ?? []),
        ...(drift.kind === "differs" ? [] : [`environment.${DRIFT}`]),
      ],
    },
  );
}

/** Arguments of {@link digestCommand}. */
export interface DigestCommandArgs extends Pick<HostCommandArgs, "action" | "request" | "drift"> {
  /** Digest of the token file, in hex; undefined when its host did not say. */
  readonly sha256: string | undefined;
}

/** Declares a command that runs for every new digest of a token file; while nobody knows it, the state stays as it is. */
export function digestCommand(
  name: string,
  { action, request, drift, sha256 }: DigestCommandArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return hostCommand(
    name,
    { action, request, drift, entries: {}, triggers: [sha256 ?? "unknown"] },
    {
      ...opts,
      ignoreChanges: [...(opts.ignoreChanges ?? []), ...(sha256 === undefined ? ["triggers", "stdin"] : [])],
    },
  );
}

/** What the engine runs, in the project's folder. */
export function commandLine(action: HostAction | VaultAction | "observe" | "clear"): string {
  const inVault = action === "sweep" || action === "purge";
  return `node dist/claude-fleet.mjs ${inVault ? "vault" : "host"} ${action}`;
}
