/** Declares the command resources that change a host or Vault. All of them have one shape. */
import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { ActionBy } from "../contract/actions.ts";
import {
  DRIFT_VARIABLE,
  type CommandInput,
  type VaultWork,
  type VaultWorkInput,
} from "../contract/command-input.ts";
import { canonicalJson } from "../lib/canonical-json.ts";

/**
 * Drift that the command repairs: one line for each. A new text makes the command run, and a preview shows it. Undefined
 * when there is none, or nothing is known: the input then stays as the state has it.
 */
export type Drift = string | undefined;

/** Actions that a command resource runs when it is created or updated. */
export type CreateAction = Exclude<ActionBy<"resource">, "remove" | "remove-rules" | "clear">;

interface CommandArgs {
  /** Action that runs when the resource is deleted. It gets the standard input that is in the state. */
  readonly onDelete?: "remove" | "remove-rules";
  /** Short digests by user or file name, so that a diff names what changes. */
  readonly entries: Readonly<Record<string, string>>;
  readonly drift: Drift;
  /** A change of any of them replaces the resource, which runs the action again. */
  readonly triggers?: readonly pulumi.Input<string>[];
}

/** Arguments of {@link hostCommand}. */
export interface HostCommandArgs<Action extends CreateAction> extends CommandArgs {
  readonly action: Action;
  /** Standard input of the command. The state keeps it, so it holds no secret. */
  readonly request: CommandInput<Action>;
}

/** Arguments of {@link vaultCommand}. */
export interface VaultCommandArgs<Work extends VaultWork> extends CommandArgs {
  readonly work: Work;
  /** Standard input of the command. The state keeps it, so it holds no secret. */
  readonly request: VaultWorkInput<Work>;
}

/** Declares a command that runs an action on a host. */
export function hostCommand<Action extends CreateAction>(
  name: string,
  { action, request, ...args }: HostCommandArgs<Action>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return declareCommand(name, hostCommandLine(action), request, args, opts);
}

/** Declares a command that changes Vault. */
export function vaultCommand<Work extends VaultWork>(
  name: string,
  { work, request, ...args }: VaultCommandArgs<Work>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return declareCommand(name, `${PROGRAM} vault ${work}`, request, args, opts);
}

/** Declares a command whose text is the same on every operator's machine. Data goes over standard input. */
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
      environment: { ...entries, ...(drift === undefined ? {} : { [DRIFT_VARIABLE]: drift }) },
      logging: command.local.Logging.Stderr,
      ...(triggers === undefined ? {} : { triggers: [...triggers] }),
    },
    {
      ...opts,
      ...(onDelete === undefined ? {} : { deleteBeforeReplace: true }),
      ignoreChanges: [
        ...(opts.ignoreChanges ?? []),
        // Without this, the run after a repair would show the removal of the entry as one more change.
        ...(drift === undefined ? [`environment.${DRIFT_VARIABLE}`] : []),
      ],
    },
  );
}

/** Arguments of {@link digestCommand}. */
export interface DigestCommandArgs<Action extends CreateAction> extends Pick<
  HostCommandArgs<Action>,
  "action" | "request" | "drift"
> {
  /** SHA-256 of the token file in hex; undefined when its host did not report it. */
  readonly sha256: string | undefined;
}

/** Declares a command that runs for every new digest of a token file. While the digest is unknown, it stays as it is. */
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

/** Returns the text of a command that runs an action on a host, or observes one. */
export function hostCommandLine(action: ActionBy<"resource"> | "observe"): string {
  return `${PROGRAM} host ${action}`;
}
