/** One container that mounts the token read-only, and the check of what it reads. */
import type * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerPlan, RolloutPlan } from "../plan/model.ts";
import type { CommandInput } from "../contract/command-input.ts";
import { hostCommand, ignoring } from "./host-command.ts";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { labelsWith } from "../contract/container-labels.ts";

/** Arguments of {@link TokenConsumer}. */
export interface TokenConsumerArgs extends Held {
  /** Name of the fleet, for the label. */
  readonly fleet: string;
  /** Name of the token in the settings. */
  readonly token: string;
  /** The container, as the settings describe it. */
  readonly service: ContainerPlan;
  /** How long to wait for its end and for its health, in seconds. */
  readonly rollout: RolloutPlan;
  /** SHA-256 in hex of the file that the gate has passed; undefined when its host did not report it. */
  readonly sha256: pulumi.Input<string> | undefined;
  /** Label with the digest of the definition; undefined: the container keeps its labels. */
  readonly definition: string | undefined;
  /** Returns the path on the host of the approved copy with this digest. */
  readonly source: (sha256: string) => string;
  /** How the host is reached, and the check inside the container. */
  readonly check: CommandInput<"verify">;
  /** Runs before the engine creates the container, and removes a leftover of that name. */
  readonly beforeCreate?: pulumi.ResourceHook;
}

/**
 * Declares a service's container, and the command that verifies its health and the token that it reads.
 *
 * A new digest changes the mount and a label, and replaces the container: it is stopped first, because it keeps its name.
 * The label `claude-fleet.definition` replaces it when the settings lose a health check, command, entry point or user. It
 * also replaces a container that exists and does not serve: see plan/drift/containers.ts.
 * The mount is an entry of `mounts`: a refresh sees its drift, and it fails for a missing file, where `volumes` would
 * create an empty folder.
 */
export class TokenConsumer extends pulumi.ComponentResource {
  /** The container itself. */
  readonly container: docker.Container;
  /** Succeeds when the container runs, is healthy and reads the right token. */
  readonly verified: command.local.Command;

  constructor(name: string, args: TokenConsumerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:TokenConsumer", name, {}, ownOptions(opts));
    const unknown = args.sha256 === undefined;
    const options = childOptions(this, opts, args.held ? name : undefined);
    const before = args.beforeCreate === undefined ? [] : [args.beforeCreate];
    const source = unknown ? "/nonexistent" : pulumi.output(args.sha256).apply(args.source);

    this.container = new docker.Container(`${name}-container`, containerArgs(args, source), {
      ...options,
      deleteBeforeReplace: true,
      // Without this, the provider ignores an edited health check and a change inside a mount (seen with 5.0.0):
      // https://github.com/kreuzwerker/terraform-provider-docker/issues/988
      replaceOnChanges: ["healthcheck", "mounts"],
      ignoreChanges: [
        ...ignoring(options, unknown, "mounts"),
        ...ignoring({}, unknown || args.definition === undefined, "labels"),
      ],
      hooks: { beforeCreate: [...(options.hooks?.beforeCreate ?? []), ...before] },
    });

    this.verified = hostCommand(
      `${name}-verify`,
      "verify",
      { request: args.check, drift: undefined, triggers: [this.container.id] },
      { ...options, ignoreChanges: ignoring(options, unknown, "stdin") },
    );

    this.registerOutputs({ container: this.container.name });
  }
}

function containerArgs(
  { fleet, token, service, rollout, sha256, definition }: TokenConsumerArgs,
  source: pulumi.Input<string>,
): docker.ContainerArgs {
  return {
    name: service.container,
    image: service.image,
    ...(service.command === undefined ? {} : { command: [...service.command] }),
    ...(service.entrypoint === undefined ? {} : { entrypoints: [...service.entrypoint] }),
    ...(service.user === undefined ? {} : { user: service.user }),
    envs: service.environment.map(([key, value]) => `${key}=${value}`),
    ports: service.ports.map(({ internal, external, ip, protocol }) => ({
      internal,
      external,
      ip,
      protocol,
    })),
    networksAdvanced: service.networks.map((network) => ({ name: network })),
    mounts: [
      { type: "bind", source, target: service.target, readOnly: true },
      ...service.mounts.map(({ source, target, readOnly }) => ({ type: "bind", source, target, readOnly })),
    ],
    labels: Object.entries(
      labelsWith({
        definition: definition ?? "unknown",
        fleet,
        service: service.name,
        sha256: sha256 ?? "unknown",
        token,
      }),
    ).map(([label, value]) => ({ label, value })),
    ...(service.healthcheck === undefined
      ? {}
      : {
          healthcheck: {
            tests: [...service.healthcheck.test],
            interval: service.healthcheck.interval,
            timeout: service.healthcheck.timeout,
            startPeriod: service.healthcheck.startPeriod,
            retries: service.healthcheck.retries,
          },
          wait: true,
          waitTimeout: rollout.healthTimeoutSeconds,
        }),
    restart: service.restart,
    mustRun: true,
    stopTimeout: rollout.gracePeriodSeconds,
    destroyGraceSeconds: rollout.gracePeriodSeconds,
  };
}
