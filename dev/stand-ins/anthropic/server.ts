/** The stand-in's listeners: reads requests, asks api.ts or control.ts for the answer, sends it, logs it. */
import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { type Answer, apiError, json } from "./answers.ts";
import { answerApi } from "./api.ts";
import { answerControl, type ControlTarget } from "./control.ts";
import type { CertificateFiles } from "../../certificates.ts";
import { credentialOf } from "./requests.ts";
import { sha256 } from "./tokens.ts";

/** Where the stand-in listens. */
export interface Listener {
  /** Its name in the request log. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** Whether `/control/` is served here: only where no container can reach it. */
  readonly control: boolean;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Opens all listeners. @returns the open servers; rejects with the system's error when an address is taken */
export async function listen(
  listeners: readonly Listener[],
  certificates: CertificateFiles,
  secret: string,
  target: ControlTarget,
): Promise<readonly Server[]> {
  const tls = { cert: readFileSync(certificates.certificate), key: readFileSync(certificates.key) };
  return Promise.all(
    listeners.map((listener) => {
      const handle: RequestListener = (request, response) => {
        serve(listener, secret, target, request, response).catch((error: unknown) => {
          console.error(error instanceof Error ? error.message : error);
          response.destroy();
        });
      };
      const server = listener.tls ? createTlsServer(tls, handle) : createServer(handle);
      return new Promise<Server>((resolve, reject) => {
        server.once("error", reject);
        server.listen(listener.port, listener.address, () => resolve(server));
      });
    }),
  );
}

async function serve(
  listener: Listener,
  secret: string,
  target: ControlTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://stand-in");
  const method = request.method ?? "GET";
  const body = await readBody(request);
  if (listener.control && url.pathname.startsWith("/control/")) {
    const answer = isAuthorized(request.headers.authorization, secret)
      ? controlAnswer(method, url, body, target)
      : json(401, {
          error: "the control endpoint wants its secret as bearer token, or as password of any user",
        });
    send(response, answer);
    return;
  }
  if (body === undefined) {
    send(response, apiError(400, "invalid_request_error", "The body cannot be read."));
    return;
  }
  const { headers } = request;
  const credential = credentialOf(headers);
  const result = answerApi({ method, path: url.pathname, headers, body }, target);
  target.log.add({
    at: new Date().toISOString(),
    listener: listener.name,
    method,
    host: headers.host ?? "",
    path: url.pathname,
    userAgent: headers["user-agent"] ?? "",
    credential: credential
      ? {
          header: credential.header,
          sha256: sha256(credential.token),
          email: target.accounts.owner(credential.token) ?? null,
        }
      : null,
    body: result.noted,
    status: result.answer.kind === "answer" ? result.answer.status : result.answer.kind,
  });
  if (result.delayMs > 0) await sleep(result.delayMs);
  if (result.hold) await target.behaviours.released();
  send(response, result.answer);
}

function controlAnswer(method: string, url: URL, body: string | undefined, target: ControlTarget): Answer {
  let content: unknown;
  try {
    content = body ? JSON.parse(body) : undefined;
  } catch {
    return json(400, { error: "the body is not JSON" });
  }
  return answerControl(method, url.pathname.slice("/control/".length), url.searchParams, content, target);
}

function send(response: ServerResponse, answer: Answer): void {
  switch (answer.kind) {
    case "answer":
      response.writeHead(answer.status, {
        ...answer.headers,
        "content-length": Buffer.byteLength(answer.body),
      });
      response.end(answer.body);
      return;
    case "close":
      response.destroy();
      return;
    case "hang":
      // The client decides how long it waits.
      return;
  }
}

/** The body as text; undefined when it is too large or cannot be unpacked. The CLI packs its larger ones. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  const content = Buffer.concat(chunks);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return content.toString("utf8");
  if (encoding !== "gzip") return undefined;
  try {
    return gunzipSync(content, { maxOutputLength: MAX_BODY_BYTES }).toString("utf8");
  } catch {
    // Not gzip, or a bomb: the answer says that the body cannot be read.
    return undefined;
  }
}

/** `Bearer SECRET`, or `Basic` with the secret as password, which is what a URL with credentials becomes. */
function isAuthorized(header: string | undefined, secret: string): boolean {
  const [scheme, value = ""] = (header ?? "").split(" ");
  const given =
    scheme === "Basic"
      ? Buffer.from(value, "base64")
          .toString("utf8")
          .replace(/^[^:]*:/, "")
      : scheme === "Bearer"
        ? value
        : "";
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(secret)));
}
