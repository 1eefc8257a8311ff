/** Sends Node to a workstation that has none. */
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { HostEvent } from "../contract/session-events.ts";
import { cached } from "../lib/cache.ts";
import { problemsOf } from "../lib/expected-error.ts";
import { fetchNode } from "../lib/node-binary.ts";
import { OWN_NODE, type LinuxPlatform } from "../lib/own-node.ts";
import type { Say } from "../lib/say.ts";
import { NO_NODE, notSent, type NodeForm, type NodeWanted } from "./greeting.ts";
import { hostName } from "./ssh.ts";
import type { HostRequest } from "../contract/actions.ts";
import type { Connection } from "../contract/connection.ts";

/** Finds the file to send. @returns its absolute path @throws {ExpectedError} when there is none */
export type NodeSource = (platform: LinuxPlatform, form: NodeForm, say: Say) => Promise<string>;

/** Finds the pinned binary in the user's cache, packed once for all hosts. */
const cachedNode: NodeSource = async (platform, form, say) => {
  const { version, builds } = OWN_NODE;
  const node = await fetchNode({ version, platform, integrity: builds[platform].integrity }, say);
  if (form === "plain") return node;
  const folder = await cached("node-packed", `${version}-${platform}`, say, async (target) => {
    say(`packs Node ${version}`);
    await pipeline(createReadStream(node), createGzip(), createWriteStream(join(target, "node.gz")));
  });
  return join(folder, "node.gz");
};

/** The conversation in which Node is sent. */
interface NodeDelivery {
  readonly connection: Connection;
  readonly request: Pick<HostRequest, "action">;
  readonly node?: NodeSource;
  readonly hear?: ((event: HostEvent) => Promise<void> | void) | undefined;
}

/**
 * Answers a bootstrap that asks for Node.
 * @returns why none is sent, as a clause with its remedy; undefined when it was sent
 */
export async function deliverNode(
  { connection, request, node = cachedNode, hear }: NodeDelivery,
  { platform, form, unused }: NodeWanted,
  host: Writable,
): Promise<string | undefined> {
  const refusal = notSent(request.action, unused);
  if (refusal !== undefined) return refusal;
  const say = (message: string) =>
    void hear?.({ event: "progress", message: `${hostName(connection)} ${message}` });
  try {
    await sendNode(await node(platform, form, say), host, say);
    return undefined;
  } catch (error) {
    const why = problemsOf(error).join(" ").replace(/\.$/, "");
    return `${NO_NODE}, and the Node that is sent to it could not be fetched: ${why}`;
  }
}

/** Milliseconds between two messages about how much has been sent. */
const SAY_EVERY_MS = 5_000;

/**
 * Sends a file as the bootstrap reads it: a line with its length, then its bytes. The exit code tells when the host stops
 * reading, so that is no error here.
 */
async function sendNode(file: string, target: Writable, say: Say): Promise<void> {
  const { size } = await stat(file);
  const shown = (bytes: number) => Math.round(bytes / 1024 / 1024);
  say(`has no Node 20 or newer, and is sent ${OWN_NODE.version} (${shown(size)} MiB)`);
  target.write(`${size}\n`);
  const source = createReadStream(file);
  const timer = setInterval(
    () => say(`has been sent ${shown(source.bytesRead)} of ${shown(size)} MiB of Node`),
    SAY_EVERY_MS,
  );
  let unreadable: Error | undefined;
  source.on("error", (error) => (unreadable = error));
  await pipeline(source, target, { end: false }).catch(() => undefined);
  clearInterval(timer);
  if (unreadable !== undefined) throw unreadable;
}
