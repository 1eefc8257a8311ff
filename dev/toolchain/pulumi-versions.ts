// The pinned versions of the Pulumi CLI and of the provider plugins, from the packages that are installed.
import cli from "pulumi/package.json" with { type: "json" };
import command from "@pulumi/command/package.json" with { type: "json" };
import docker from "@pulumi/docker/package.json" with { type: "json" };
import vault from "@pulumi/vault/package.json" with { type: "json" };

/** The CLI's version, which the npm launcher package of the same version brings. */
export const CLI_VERSION: string = cli.version;

/** The provider plugins' versions; the engine looks for exactly these. */
export const PLUGIN_VERSIONS = {
  command: command.version,
  docker: docker.version,
  vault: vault.version,
} as const;
