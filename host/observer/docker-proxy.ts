/** Serves `docker system dial-stdio` to an observer's key. Passes only the few questions of a refresh on to the engine. */
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { LABELS } from "../../contract/container-labels.ts";

/** The questions of a refresh: ping and version, all containers, and one container. */
const HARMLESS = /^(?:\/v[0-9.]+)?\/(?:_ping|version)$/;
const CONTAINERS = /^(?:\/v[0-9.]+)?\/containers\/(?:json|[A-Za-z0-9][A-Za-z0-9_.-]*\/json)$/;

const labels = z.record(z.string(), z.string()).nullish();
const listed = z.array(z.looseObject({ Labels: labels }));
const inspected = z.looseObject({ Config: z.looseObject({ Labels: labels }) });

/** Returns whether the observer may ask this. */
export function mayAsk(method: string, url: string): boolean {
  const path = url.split("?")[0] ?? "";
  return ["GET", "HEAD"].includes(method) && (HARMLESS.test(path) || CONTAINERS.test(path));
}

/** Returns the part of a successful answer that the observer may see: only containers of a fleet, because a container shows its environment. */
export function mayRead(url: string, body: string): string | undefined {
  const path = url.split("?")[0] ?? "";
  if (!CONTAINERS.test(path)) return body;
  const value: unknown = JSON.parse(body);
  if (path.endsWith("/containers/json")) {
    return JSON.stringify(listed.parse(value).filter(({ Labels }) => Labels?.[LABELS.fleet] !== undefined));
  }
  return inspected.parse(value).Config.Labels?.[LABELS.fleet] === undefined ? undefined : body;
}

/**
 * Serves HTTP over a pair of streams until the input ends.
 * @param socketPath absolute path of the engine's socket
 */
export async function serveEngine(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  socketPath: string,
): Promise<void> {
  const server = createServer((question, answer) => {
    pass(question, answer, socketPath).catch((error: unknown) => {
      refuse(answer, 502, error instanceof Error ? error.message : "the engine did not answer");
    });
  });
  const connection = Duplex.from({ readable: input, writable: output });
  const ended = new Promise<void>((resolve) => connection.once("close", resolve));
  server.emit("connection", connection);
  await ended;
}

async function pass(question: IncomingMessage, answer: ServerResponse, socketPath: string): Promise<void> {
  const { method = "", url = "" } = question;
  if (!mayAsk(method, url))
    return refuse(answer, 403, `this key may only observe containers, and not ask ${method} ${url}`);
  const { status, headers, body } = await ask(socketPath, method, url);
  const shown = status === 200 && method === "GET" ? mayRead(url, body) : body;
  if (shown === undefined) return refuse(answer, 404, "there is no such container of a fleet");
  const kept = Object.entries(headers).filter(([name]) =>
    /^(?:api-version|content-type|docker-|ostype|server)/.test(name),
  );
  answer.writeHead(status, Object.fromEntries(kept)).end(method === "HEAD" ? undefined : shown);
}

function refuse(answer: ServerResponse, status: number, message: string): void {
  answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
}

async function ask(socketPath: string, method: string, path: string) {
  const asked = request({ socketPath, method, path, headers: { host: "docker" } }).end();
  // An error after the response ends its body, too.
  asked.on("error", () => undefined);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 502, headers: response.headers, body: await text(response) };
}
