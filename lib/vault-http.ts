/** One HTTP request to Vault or OpenBao: deadline, response cap, CA, namespace. Knows no path of the API. */
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { plainText } from "./expected-error.ts";

/** Where a Vault server is reached, and as whom. */
export interface VaultServer {
  /** `http:` or `https:` URL; a path in it is kept as prefix. */
  readonly address: string;
  /** Empty: the root namespace. */
  readonly namespace: string;
  /** PEM text of the only CA that is trusted; undefined: Node's own list and the system's. */
  readonly caPem: string | undefined;
  /** Sent as header; undefined: an unauthenticated call. */
  readonly token: string | undefined;
  /** For the whole exchange; 10 seconds when undefined. */
  readonly deadlineMs?: number;
}

export interface VaultRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below `/v1/`, without a leading slash; a query may follow. */
  readonly path: string;
  readonly body?: unknown;
  /** Ask for the answer wrapped, for this many seconds. */
  readonly wrapSeconds?: number;
  /** `false`: without the namespace, for `sys/health`, which only the root namespace answers. */
  readonly namespaced?: boolean;
}

/** An answer of any status, or none. `body` is undefined when it is not JSON. */
export type VaultAnswer =
  | { readonly kind: "answer"; readonly status: number; readonly body: unknown }
  | { readonly kind: "none"; readonly why: string };

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const SYSTEM_CAS = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

/** Sends one request. Never rejects, and never names a token in what it says. */
export function vaultRequest(server: VaultServer, request: VaultRequest): Promise<VaultAnswer> {
  return new Promise((resolve) => {
    let url: URL;
    try {
      url = requestUrl(server.address, request.path);
    } catch {
      resolve({ kind: "none", why: `"${plainText(server.address, 200)}" is not a URL` });
      return;
    }
    const none = (why: string) => resolve({ kind: "none", why: plainText(why, 200) });
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const call = send(url, {
      method: request.method,
      headers: headers(server, request, body),
      // One connection a request: a kept one would keep a short-lived process alive.
      agent: false,
      ...(url.protocol === "https:" ? { ca: trusted(server.caPem) } : {}),
    });
    const deadlineMs = server.deadlineMs ?? 10_000;
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
    call.on("close", () => clearTimeout(timer));
    call.on("error", (error) => none(failureText(error)));
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) call.destroy(new Error("the answer is too large"));
        else chunks.push(chunk);
      });
      response.on("error", (error) => none(failureText(error)));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ kind: "answer", status: response.statusCode ?? 0, body: parseJson(text) });
      });
    });
    call.end(body);
  });
}

function requestUrl(address: string, path: string): URL {
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new TypeError(url.protocol);
  const [route = "", query = ""] = path.split("?", 2);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${route.split("/").map(encodeURIComponent).join("/")}`;
  url.search = query;
  return url;
}

function headers(
  server: VaultServer,
  request: VaultRequest,
  body: string | undefined,
): Record<string, string> {
  return {
    "X-Vault-Request": "true",
    ...(server.token === undefined ? {} : { "X-Vault-Token": server.token }),
    ...(server.namespace === "" || request.namespaced === false
      ? {}
      : { "X-Vault-Namespace": server.namespace }),
    ...(request.wrapSeconds === undefined ? {} : { "X-Vault-Wrap-TTL": `${request.wrapSeconds}s` }),
    ...(body === undefined
      ? {}
      : { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) }),
  };
}

/** Node trusts only its built-in list by default; hosts of a company usually carry its CA in the system's. */
function trusted(caPem: string | undefined): string[] {
  if (caPem !== undefined) return [caPem];
  for (const path of SYSTEM_CAS) {
    try {
      return [...rootCertificates, readFileSync(path, "utf8")];
    } catch {
      // Each family of systems keeps it elsewhere; without any, the built-in list is what there is.
      continue;
    }
  }
  return [...rootCertificates];
}

function failureText(error: Error & { code?: unknown; errors?: unknown }): string {
  // A name with several addresses fails with an AggregateError whose own message is empty.
  const inner: unknown = Array.isArray(error.errors) ? error.errors[0] : undefined;
  const message = error.message || (inner instanceof Error ? inner.message : "");
  return message || (typeof error.code === "string" ? error.code : "the connection failed");
}

function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
