/** `claude-fleet rotate` and `diagnose` as an operator types them, with a state folder and a GitHub of the test's own. */
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { startGithub, type GithubStandIn } from "../../../dev/stand-ins/github/server.ts";
import { STACK } from "../../../dev/stack.ts";
import { environmentFile } from "../../../dev/token-host.ts";
import { start } from "../../../lib/process.ts";
import { shellVariables } from "./pulumi.ts";
import { settingsOfToken, type TokenSettings } from "./rollout.ts";
import { run, type Run } from "./run.ts";

const GITHUB_TOKEN = "fake-github-token-of-the-tests";
export const ISSUE = "example/platform#2395";
/** Whose seat pays for the five services. */
const EMAIL = "platform@example.com";

/** A line that `rotate --json` prints. */
const event = z.looseObject({ event: z.string() });
export type RotationEvent = z.infer<typeof event>;

/** An operator's machine. */
export interface Laptop {
  readonly environment: DevEnvironment;
  readonly github: GithubStandIn;
  /** Settings that name this GitHub. */
  readonly configFile: string;
  readonly variables: NodeJS.ProcessEnv;
  /** Folder in which rotations leave what they must remember. */
  readonly folder: string;
}

/** A laptop on which nothing was rotated yet. @param change of the token's entry in the settings */
export async function openLaptop(
  environment: DevEnvironment,
  change: (token: TokenSettings) => TokenSettings = (token) => token,
): Promise<Laptop> {
  const github = await startGithub(GITHUB_TOKEN);
  const [repository, number] = ISSUE.split("#");
  const configFile = await settingsOfToken((token) => {
    const rotation = token["rotation"] as object;
    const issue = { apiUrl: github.url, repository, number: Number(number) };
    return change({ ...token, rotation: { ...rotation, issue } });
  });
  const state = await mkdtemp(join(checkout.folder, "laptop-"));
  const variables = { ...shellVariables(environment), XDG_STATE_HOME: state, GH_TOKEN: GITHUB_TOKEN };
  const folder = join(state, "claude-fleet/rotate", `${STACK}-platform`);
  return { environment, github, configFile, variables, folder };
}

/** `claude-fleet diagnose --json`, or `rotate --json`, and so on. @param input standard input */
export function fleet(laptop: Laptop, args: readonly string[], input = ""): Promise<Run> {
  return run(process.execPath, argv(laptop, args), { cwd: checkout.root, env: laptop.variables, input });
}

function argv({ configFile }: Laptop, args: readonly string[]): string[] {
  return ["dist/claude-fleet.mjs", ...args, "--stack", STACK, "--config-file", configFile];
}

/** The events of a run with `--json`. */
export function eventsOf({ stdout }: Run): readonly RotationEvent[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => event.parse(JSON.parse(line)));
}

/** What became of each step: `deliver done`. */
export function outcomes(events: readonly RotationEvent[]): readonly string[] {
  return events.flatMap(({ event: kind, step, state }) =>
    kind === "step" && ["done", "failed", "skipped"].includes(String(state))
      ? [`${String(step)} ${String(state)}`]
      : [],
  );
}

/**
 * Starts `rotate --json` in a process group of its own, and ends that group by `kill -9` once an event says so.
 * @returns the events until then
 */
export async function killRotation(
  laptop: Laptop,
  input: string,
  moment: (event: RotationEvent) => boolean,
): Promise<readonly RotationEvent[]> {
  const args = argv(laptop, ["rotate", "--source", "stdin", "--json"]);
  const child = start(process.execPath, args, {
    cwd: checkout.root,
    env: laptop.variables,
    input,
    stderr: "ignore",
    buffer: false,
    detached: true,
  });
  const events: RotationEvent[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const seen = event.parse(JSON.parse(line));
      events.push(seen);
      if (moment(seen) && child.pid !== undefined && child.signalCode === null) {
        process.kill(-child.pid, "SIGKILL");
      }
    }
  });
  await child;
  if (child.signalCode !== "SIGKILL") {
    throw new Error(`The moment did not come before the end:\n${JSON.stringify(events, undefined, 1)}`);
  }
  return events;
}

/** A fresh setup token, bare, as `claude setup-token` prints it. */
export async function mintToken(environment: DevEnvironment): Promise<string> {
  return (await environment.anthropic.setupToken(EMAIL)).claudeAiOauth.accessToken;
}

/** Ends the token that is rolled out, as somebody's `claude setup-token` elsewhere does. */
export async function endTokens(environment: DevEnvironment): Promise<void> {
  await environment.anthropic.revoke({ email: EMAIL, kind: "setup" });
}

/** Values of the variables in which services look for the bare token. */
export async function environmentTokens(): Promise<readonly string[]> {
  const text = await readFile(environmentFile, "utf8");
  return ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"].map(
    (name) => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1] ?? "",
  );
}

/** Asks the gateway's container to misbehave or to say something; the engine reaches it, whatever it publishes. */
export async function tellGateway(laptop: Laptop, body: object): Promise<void> {
  const { url } = await gatewayOf(laptop);
  const answer = await fetch(`${url}/control`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`The gateway's container answered ${answer.status}.`);
}

async function gatewayOf({ environment }: Laptop): Promise<{ readonly url: string }> {
  const name = environment.serviceContainers.find((container) => container.endsWith("backend-gateway")) ?? "";
  const { NetworkSettings } = await environment.docker.getContainer(name).inspect();
  const [network] = Object.values(NetworkSettings.Networks);
  return { url: `http://${network?.IPAddress ?? ""}:8080` };
}
