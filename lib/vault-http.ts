/** Sends one HTTP request to Vault or OpenBao: address, namespace, token, wrapping. Knows no path of the API. */
import { exchange, jsonHeaders } from "./http-exchange.ts";
import { parseJson } from "./parse-json.ts";
import { plainText } from "./printable.ts";

/** A Vault server, and the token that calls it. */
export interface VaultServer {
  /** An `http:` or `https:` URL. A path in it is kept as prefix. */
  readonly address: string;
  /** Empty for the root namespace. */
  readonly namespace: string;
  /** PEM text of the only trusted CA; undefined for Node's list and the system's list. */
  readonly caPem: string | undefined;
  /** Undefined for an unauthenticated call. */
  readonly token: string | undefined;
  /** Milliseconds for the whole exchange. Default: 10 seconds. */
  readonly deadlineMs?: number;
}

/** A request. */
export interface VaultRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** The path below `/v1/`, without a leading slash. A query may follow. */
  readonly path: string;
  readonly body?: unknown;
  /** Asks Vault to wrap the answer for this many seconds. */
  readonly wrapSeconds?: number;
  /** `false` leaves the namespace out, for `sys/health`, which only the root namespace answers. */
  readonly namespaced?: boolean;
}

/** An answer of any status, or none. `body` is undefined when it is not JSON. */
export type VaultAnswer =
  | { readonly kind: "answer"; readonly status: number; readonly body: unknown }
  | { readonly kind: "none"; readonly why: string };

/** Sends one request. Never rejects. No text of the answer names a token. */
export async function vaultRequest(server: VaultServer, request: VaultRequest): Promise<VaultAnswer> {
  const url = requestUrl(server.address, request.path);
  if (url === undefined) return { kind: "none", why: `"${plainText(server.address, 200)}" is not a URL` };
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const end = await exchange(url, {
    method: request.method,
    headers: headers(server, request, body),
    body,
    caPem: server.caPem,
    deadlineMs: server.deadlineMs ?? 10_000,
  });
  if (end.kind === "none") return end;
  return { kind: "answer", status: end.status, body: end.text.trim() === "" ? {} : parseJson(end.text) };
}

function requestUrl(address: string, path: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
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
    ...(body === undefined ? {} : jsonHeaders(body)),
  };
}
