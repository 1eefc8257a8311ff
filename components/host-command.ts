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
type CreateAction = Exclude<ActionBy<"resource">, "remove" | "remove-rules" | "clear">;

/** What every command resource has. */
interface CommandArgs<Request> {
  /** Standard input of the command. The state keeps it, so it holds no secret. */
  readonly request: Request;
  readonly drift: Drift;
  /** Short digests by user or file name, so that a diff names what changes. Default: none. */
  readonly entries?: Readonly<Record<string, string>>;
}

/** A command that runs `Action` on a host, as its component gets it. */
export type HostCommandArgs<Action extends CreateAction> = CommandArgs<CommandInput<Action>>;

/** A command that does `Work` in Vault, as its component gets it. */
export type VaultCommandArgs<Work extends VaultWork> = CommandArgs<VaultWorkInput<Work>>;

/** A command about a token file. `sha256`: the file's digest in hex; undefined when its host did not report it. */
export interface DigestCommandArgs<Action extends CreateAction> extends HostCommandArgs<Action> {
  readonly sha256: string | undefined;
}

/** What a command resource does beyond its first run. */
interface Lifecycle {
  /** Action that runs when the resource is deleted. It gets the standard input that is in the state. */
  readonly onDelete?: "remove" | "remove-rules";
  /** A change of any of them replaces the resource, which runs the action again. */
  readonly triggers?: readonly pulumi.Input<string>[];
}

/** Declares a command that runs an action on a host. */
export function hostCommand<Action extends CreateAction>(
  name: string,
  action: Action,
  args: HostCommandArgs<Action> & Lifecycle,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return declareCommand(name, hostCommandLine(action), args, opts);
}

/** Declares a command that changes Vault. */
export function vaultCommand<Work extends VaultWork>(
  name: string,
  work: Work,
  args: VaultCommandArgs<Work>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return declareCommand(name, `${PROGRAM} vault ${work}`, args, opts);
}

/** Declares a command whose text is the same on every operator's machine. Data goes over standard input. */
function declareCommand(
  name: string,
  create: string,
  { request, entries, drift, onDelete, triggers }: CommandArgs<object> & Lifecycle,
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
      // Without this, the run after a repair would show the removal of the entry as one more change.
      ignoreChanges: ignoring(opts, drift === undefined, `environment.${DRIFT_VARIABLE}`),
    },
  );
}

/** Returns the ignored properties of `opts`, with `more` where `also` is true. */
export function ignoring(opts: pulumi.CustomResourceOptions, also: boolean, ...more: string[]): string[] {
  return [...(opts.ignoreChanges ?? []), ...(also ? more : [])];
}

/** Declares a command that runs for every new digest of a token file. While the digest is unknown, it stays as it is. */
export function digestCommand<Action extends CreateAction>(
  name: string,
  action: Action,
  { request, drift, sha256 }: DigestCommandArgs<Action>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const ignoreChanges = ignoring(opts, sha256 === undefined, "triggers", "stdin");
  const args = { request, drift, triggers: [sha256 ?? "unknown"] };
  return hostCommand(name, action, args, { ...opts, ignoreChanges });
}

/** The operator's command, as the engine runs it in the project's folder. States hold this text. */
const PROGRAM = "node dist/claude-fleet.mjs";

/** Returns the text of a command that runs an action on a host, or observes one. */
export function hostCommandLine(action: ActionBy<"resource"> | "observe"): string {
  return `${PROGRAM} host ${action}`;
}
