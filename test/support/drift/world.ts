/** What a preview says in words, and everything in the test environment that a repair could touch. */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { mountedTokens, SERVICES } from "../environment/containers.ts";
import type { PulumiRun } from "../environment/pulumi.ts";
import { asAdmin, backupMetadata, FLEET, policyOf, ROLE } from "../environment/vault.ts";
import { onWorkstation, placesOf } from "../environment/workstation.ts";

/** Users of dev/roster.yaml who are renewed. */
export const RENEWED = ["alice", "bob", "carol"] as const;

/** A line of the report; an input of the same name, which a diff shows, has no place before what it says. */
const LINE = /^ *drift: ((?:Vault|workstation \S+|token \S+|monitoring): .*?) *$/gm;

/**
 * The differences that a preview names, in its order, without their first word. With `--diff` the engine writes messages
 * to standard error.
 */
export function differencesIn({ output }: Pick<PulumiRun, "output">): readonly string[] {
  return [...output.matchAll(LINE)].map(([, difference = ""]) => difference);
}

/** Each operation as "op name", sorted: the order is the engine's. */
export function operationsOf({ operations }: Pick<PulumiRun, "operations">): readonly string[] {
  return operations.map(({ op, name }) => `${op} ${name}`).sort();
}

/** What there is, by a name for each part: equal before and after means untouched. */
export type World = Readonly<Record<string, string>>;

/** Looks at all of it. */
export async function worldOf(environment: DevEnvironment): Promise<World> {
  const [containers, workstation, access] = await Promise.all([
    containerParts(environment),
    workstationParts(environment),
    vaultParts(environment),
  ]);
  return { ...containers, ...workstation, ...access };
}

async function containerParts(environment: DevEnvironment): Promise<World> {
  const tokens = await mountedTokens(environment);
  const parts = SERVICES.map(async ({ service, container }, index) => {
    const { Id, State } = await environment.docker.getContainer(container).inspect();
    const { mounts, label, sha256 } = tokens[index] ?? {};
    return [
      [`container ${service}`, `${Id} since ${State.StartedAt}`],
      [`token in ${service}`, JSON.stringify({ mounts, label, sha256 })],
    ] as const;
  });
  return Object.fromEntries((await Promise.all(parts)).flat());
}

const FILES =
  "/etc/systemd/system/claude-* /etc/systemd/system/claude-*.d/* /usr/local/lib/claude-fleet/current/*";

async function workstationParts(environment: DevEnvironment): Promise<World> {
  const tokens = RENEWED.map((user) => placesOf(user).token).join(" ");
  const units = RENEWED.flatMap((user) => [
    `claude-auth-sync@${user}.timer`,
    `claude-auth-sync@${user}.path`,
  ]);
  const script = [
    `for file in ${FILES} ${tokens}; do`,
    'test -f "$file" && echo "$file=$(stat -c "%a %U" "$file") $(sha256sum < "$file")"; done',
    `for unit in ${units.join(" ")} claude-fleet-collect.timer; do`,
    'echo "$unit=$(systemctl is-enabled "$unit" 2>&1) $(systemctl is-active "$unit")"; done',
    `echo "wants=$(ls /etc/systemd/system/*.wants | grep claude | tr '\\n' ' ')"`,
    `echo "enrolled=$(node -p 'Object.keys(JSON.parse(require("node:fs").readFileSync("/etc/claude-fleet/${FLEET}/enrolled.json"))).sort().join()')"`,
  ].join("\n");
  const lines = (await onWorkstation(environment, "sh -s", script)).split("\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => split(line)));
}

function split(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

async function vaultParts(environment: DevEnvironment): Promise<World> {
  const read = async (path: string) =>
    JSON.stringify(await asAdmin(environment, { method: "GET", path }, data));
  const users = RENEWED.map(async (user) => {
    const { custom_metadata, max_versions } = metadata.parse(await backupMetadata(environment, user));
    return [
      [`policy of ${user}`, (await asAdmin(environment, policy(user), policyAnswer)).data.policy],
      [`metadata of ${user}`, JSON.stringify({ custom_metadata, max_versions })],
    ] as const;
  });
  return {
    role: await read(`auth/token/roles/${ROLE}`),
    ...Object.fromEntries((await Promise.all(users)).flat()),
  };
}

// Its version and its time change with each repair.
const policyAnswer = z.object({ data: z.object({ policy: z.string() }) });
const policy = (user: string) => ({ method: "GET", path: `sys/policies/acl/${policyOf(user)}` }) as const;
const data = z.object({ data: z.unknown() }).transform((answer) => answer.data);
const metadata = z.object({ custom_metadata: z.unknown(), max_versions: z.number() });

/** As much of a text's digest as a note shows. */
export function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
