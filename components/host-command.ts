/** The one shape of every command resource that changes a host or Vault, and how a difference seen there makes it run. */
import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { ActionBy } from "../contract/actions.ts";
import type { CommandInput, VaultWork, VaultWorkInput } from "../contract/command-input.ts";
import { canonicalJson } from "../lib/canonical-json.ts";

/**
 * What was seen on the host, as far as this command mends it. `unknown`: the host did not answer, so nothing is
 * concluded from it; `differs`: run again, showing `note`.
 */
export type Drift =
  | { readonly kind: "none" }
  | { readonly kind: "unknown" }
  | { readonly kind: "differs"; readonly note: string };

/** Actions that a command resource runs when it is created or updated. */
export type CreateAction = Exclude<ActionBy<"resource">, "remove" | "remove-rules" | "clear">;

interface CommandArgs {
  /** Runs when the resource goes; needs only the standard input that is in the state. */
  readonly onDelete?: "remove" | "remove-rules";
  /** What a diff names: one entry for each user and file. */
  readonly entries: Readonly<Record<string, string>>;
  readonly drift: Drift;
  /** Any change replaces the resource, which runs the action. */
  readonly triggers?: readonly pulumi.Input<string>[];
}

/** Arguments of {@link hostCommand}. */
export interface HostCommandArgs<Action extends CreateAction> extends CommandArgs {
  readonly action: Action;
  /** Part of the state, so it holds no secret. */
  readonly request: CommandInput<Action>;
}

/** Arguments of {@link vaultCommand}. */
export interface VaultCommandArgs<Work extends VaultWork> extends CommandArgs {
  readonly work: Work;
  /** Part of the state, so it holds no secret. */
  readonly request: VaultWorkInput<Work>;
}

/** Key of the environment that carries what differs on the host. */
const DRIFT = "drift";

/** Declares a command that runs an action on a host. */
export function hostCommand<Action extends CreateAction>(
  name: string,
  { action, request, ...args }: HostCommandArgs<Action>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return declareCommand(name, hostCommandLine(action), request, args, opts);
}

/** Declares a command that does work in Vault. */
export function vaultCommand<Work extends VaultWork>(
  name: string,
  { work, request, ...args }: VaultCommandArgs<Work>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return declareCommand(name, `${PROGRAM} vault ${work}`, request, args, opts);
}

/**
 * Declares a command whose text is static and the same on every machine; data goes over standard input. A drift is an
 * `environment` entry, which a preview shows. Where there is no drift, or nothing is known, the entry stays as the state
 * has it, so that a repair leaves no second difference behind.
 */
function declareCommand(
  name: string,
  create: string,
  request: object,
  { entries, drift, onDelete, triggers }: CommandArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    name,
    {
      create,
      ...(onDelete === undefined ? {} : { delete: hostCommandLine(onDelete) }),
      stdin: canonicalJson(request),
      environment: { ...entries, ...(drift.kind === "differs" ? { [DRIFT]: drift.note } : {}) },
      logging: command.local.Logging.Stderr,
      ...(triggers === undefined ? {} : { triggers: [...triggers] }),
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
export interface DigestCommandArgs<Action extends CreateAction> extends Pick<
  HostCommandArgs<Action>,
  "action" | "request" | "drift"
> {
  /** Digest of the token file, in hex; undefined when its host did not say. */
  readonly sha256: string | undefined;
}

/** Declares a command that runs for every new digest of a token file; while nobody knows it, the state stays as it is. */
export function digestCommand<Action extends CreateAction>(
  name: string,
  { action, request, drift, sha256 }: DigestCommandArgs<Action>,
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

/** The operator's command, as the engine runs it in the project's folder. States hold this text. */
const PROGRAM = "node dist/claude-fleet.mjs";

/** The text of a command that runs an action on a host, or asks for an observation. */
export function hostCommandLine(action: ActionBy<"resource"> | "observe"): string {
  return `${PROGRAM} host ${action}`;
}
