/** How the Docker provider reaches a token's host. */
import type * as docker from "@pulumi/docker";
import type { FleetPlan, TokenPlan } from "../plan/model.ts";

/** On this machine the engine of DOCKER_HOST or the default socket; else the system's own ssh, as for every command. */
export function dockerHost({ ssh }: FleetPlan, { address }: TokenPlan): docker.ProviderArgs {
  if (address.kind === "local") return {};
  const { destination } = address;
  return {
    host: destination.startsWith("ssh://") ? destination : `ssh://${destination}`,
    sshOpts: [
      ...(ssh.configFile === undefined ? [] : ["-F", ssh.configFile]),
      ...["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"],
    ],
  };
}
