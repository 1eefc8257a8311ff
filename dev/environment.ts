/** The running environment, as tests and the shell use it. */
import { delimiter, dirname } from "node:path";
import type Docker from "dockerode";
import { ExpectedError } from "../lib/expected-error.ts";
import { vaultRequest } from "../lib/vault-http.ts";
import type { AnthropicControl } from "./stand-ins/anthropic/client.ts";
import { openbaoBinary } from "./pinned-programs.ts";
import { checkout } from "./checkout.ts";
import { answers, chosenEngine, connect } from "./engine.ts";
import { readPorts } from "./ports.ts";
import { sshCommand } from "./ssh.ts";
import { pulumiFolders, recordedPlugins } from "./stack.ts";
import { serviceContainer, serviceNames } from "./stack-settings.ts";
import { anthropicControl, apiUrl, controlSecret } from "./stand-in.ts";
import { tokenFile } from "./token-host.ts";
import { cliFolder } from "./toolchain/plugins.ts";
import { pulumiEnvironment } from "./toolchain/pulumi.ts";
import { vaultAddress, vaultRootToken } from "./vault.ts";
import { containerName } from "./workstation.ts";

/** Handles to every part. */
export interface DevEnvironment {
  readonly vault: { readonly address: string; readonly token: string };
  /** `unix://…`. */
  readonly dockerHost: string;
  readonly docker: Docker;
  /** The stand-in for Anthropic. */
  readonly anthropic: AnthropicControl;
  /** Base URL of the stand-in's API, on loopback. */
  readonly apiUrl: string;
  /** The control endpoint's URL with its credential, for curl. */
  readonly controlUrl: string;
  /** argv that opens a root shell on the workstation, or runs the words after it there. */
  readonly workstationSsh: readonly [string, ...string[]];
  /** Name of the workstation's container. */
  readonly workstationContainer: string;
  /** Names of the five services' containers, in rollout order. */
  readonly serviceContainers: readonly string[];
  /** Absolute path of the token file. */
  readonly tokenFile: string;
  /** Folders to put before PATH: `bao` and `pulumi` lie in them. */
  readonly programs: readonly string[];
  /** Variables with which `pulumi`, `bao` and `docker` speak to this environment; VAULT_TOKEN is among them, PATH too. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The environment of this checkout, as the last `up` left it.
 * @throws {ExpectedError} when it is not up: a part does not answer
 */
export async function devEnvironment(): Promise<DevEnvironment> {
  const ports = readPorts();
  const engine = chosenEngine();
  const token = vaultRootToken();
  const anthropic = ports && anthropicControl(ports);
  const secret = controlSecret();
  if (!ports || !engine || !token || !anthropic || secret === undefined)
    throw notUp("it was never brought up");
  const vault = { address: vaultAddress(ports), token };
  const [engineAnswers, vaultAnswer, standInAnswers] = await Promise.all([
    answers(engine.host),
    vaultRequest(
      { ...vault, namespace: "", caPem: undefined, deadlineMs: 2000 },
      { method: "GET", path: "sys/health" },
    ),
    anthropic.healthy(),
  ]);
  if (!engineAnswers) throw notUp("the Docker engine does not answer");
  if (vaultAnswer.kind !== "answer" || vaultAnswer.status !== 200)
    throw notUp("Vault does not answer or is sealed");
  if (!standInAnswers) throw notUp("the stand-in for Anthropic does not answer");
  const plugins = recordedPlugins() ?? "stand-in";
  const bao = await openbaoBinary(() => undefined);
  const programs = [dirname(bao), cliFolder(pulumiFolders(plugins).home)];
  return {
    vault,
    dockerHost: engine.host,
    docker: connect(engine).docker,
    anthropic,
    apiUrl: apiUrl(ports),
    controlUrl: `${apiUrl(ports).replace("//", `//dev:${secret}@`)}/control`,
    workstationSsh: sshCommand,
    workstationContainer: containerName,
    serviceContainers: serviceNames.map((name) => serviceContainer(checkout.prefix, name)),
    tokenFile,
    programs,
    variables: {
      ...pulumiEnvironment(pulumiFolders(plugins)),
      PATH: [...programs, process.env.PATH ?? ""].join(delimiter),
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.token,
      DOCKER_HOST: engine.host,
    },
  };
}

function notUp(why: string): ExpectedError {
  return new ExpectedError(`The development environment is not up (${why}): run "npm run up".`);
}
