/** One container that mounts the token read-only, and the check inside it once it runs. */
import type * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { definitionDigest } from "../plan/digests.ts";
import type { ContainerPlan, RolloutPlan } from "../plan/model.ts";
import type { CommandInput } from "../contract/command-input.ts";
import { hostCommand } from "./host-command.ts";
import { childOptions, ownOptions, type Held } from "./child-options.ts";

/** Arguments of {@link TokenConsumer}. */
export interface TokenConsumerArgs extends Held {
  readonly fleet: string;
  /** Name of the token in the settings. */
  readonly token: string;
  readonly service: ContainerPlan;
  readonly rollout: RolloutPlan;
  /** Digest, in hex, of the file that the gate has passed; undefined when its host did not say. */
  readonly sha256: pulumi.Input<string> | undefined;
  /** Path on the host of the immutable copy of the file with this digest. */
  readonly source: (sha256: string) => string;
  /** Request of the check inside the container. */
  readonly check: CommandInput<"verify">;
  /** Runs right before the engine makes the container: what a killed rollout has left must not keep its name. */
  readonly beforeCreate?: pulumi.ResourceHook;
}

/**
 * Declares a service's container. A new digest changes its mount and its label, and either replaces it, as does a label
 * when a health check, command, entry point or user is taken out of the settings; it is stopped
 * first, under its stable name. Then its health and the token that it really reads are verified, and only
 * then may the next container follow. The mount is a `mounts` entry, whose drift a refresh sees, and which fails
 * where `volumes` would create an empty folder for a missing file.
 */
export class TokenConsumer extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** Done when the container runs, is healthy and reads the right token. */
  readonly verified: command.local.Command;

  constructor(name: string, args: TokenConsumerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:TokenConsumer", name, {}, ownOptions(opts));
    const { service, rollout } = args;
    const unknown = args.sha256 === undefined;
    const options = childOptions(this, opts, args.held ? name : undefined);
    const before = args.beforeCreate === undefined ? [] : [args.beforeCreate];
    const source = unknown ? "/nonexistent" : pulumi.output(args.sha256).apply(args.source);

    this.container = new docker.Container(
      `${name}-container`,
      {
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
          ...service.mounts.map(({ source, target, readOnly }) => ({
            type: "bind",
            source,
            target,
            readOnly,
          })),
        ],
        labels: Object.entries({
          "claude-fleet.definition": definitionDigest(service),
          "claude-fleet.fleet": args.fleet,
          "claude-fleet.service": service.name,
          "claude-fleet.sha256": args.sha256 ?? "unknown",
          "claude-fleet.token": args.token,
        }).map(([label, value]) => ({ label, value })),
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
      },
      {
        ...options,
        deleteBeforeReplace: true,
        // An edited health check is otherwise ignored in place, and so is a change inside of a mount (seen with 5.0.0):
        // https://github.com/kreuzwerker/terraform-provider-docker/issues/988
        replaceOnChanges: ["healthcheck", "mounts"],
        ignoreChanges: [...(options.ignoreChanges ?? []), ...(unknown ? ["mounts", "labels"] : [])],
        hooks: { beforeCreate: [...(options.hooks?.beforeCreate ?? []), ...before] },
      },
    );

    this.verified = hostCommand(
      `${name}-verify`,
      {
        action: "verify",
        request: args.check,
        entries: {},
        drift: { kind: "none" },
        triggers: [this.container.id],
      },
      {
        ...options,
        ignoreChanges: [...(options.ignoreChanges ?? []), ...(unknown ? ["stdin"] : [])],
      },
    );

    this.registerOutputs({ container: this.container.name });
  }
}
