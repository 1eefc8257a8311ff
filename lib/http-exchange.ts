/** Sends one HTTP request and reads the whole answer, with a deadline, a size limit and the CAs that the machine trusts. */
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { plainText } from "./printable.ts";

/** A request. */
export interface Exchange {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** PEM text of the only trusted CA; undefined for Node's list, the system's list and NODE_EXTRA_CA_CERTS. */
  readonly caPem?: string | undefined;
  /** Milliseconds for the whole exchange. */
  readonly deadlineMs: number;
}

/** An answer of any status, or why there is none. */
export type ExchangeEnd =
  | { readonly kind: "answer"; readonly status: number; readonly text: string }
  | { readonly kind: "none"; readonly why: string };

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const SYSTEM_CAS = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

/** Sends one request to an `http:` or `https:` URL. Follows no redirect. Never rejects. */
export function exchange(url: URL, options: Exchange): Promise<ExchangeEnd> {
  return new Promise((resolve) => {
    const none = (why: string) => resolve({ kind: "none", why: plainText(why, 200) });
    const secure = url.protocol === "https:";
    const call = (secure ? httpsRequest : httpRequest)(url, {
      method: options.method,
      headers: options.headers,
      // A new connection for each request, because a kept connection would keep a short-lived process alive.
      agent: false,
      ...(secure ? { ca: trusted(options.caPem) } : {}),
    });
    const timer = setTimeout(
      () => call.destroy(new Error(`no answer within ${options.deadlineMs} ms`)),
      options.deadlineMs,
    );
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
        resolve({
          kind: "answer",
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    call.end(options.body);
  });
}

/** Returns the headers of a JSON body. */
export function jsonHeaders(body: string): Record<string, string> {
  return { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) };
}

/** Returns the trusted CAs. Node trusts only its built-in list, but a company's hosts usually have its CA in the system's list. */
function trusted(caPem: string | undefined): string[] {
  if (caPem !== undefined) return [caPem];
  const extra = process.env["NODE_EXTRA_CA_CERTS"];
  const files = [...(extra ? [extra] : []), SYSTEM_CAS.find((path) => textOf(path) !== undefined)];
  return [...rootCertificates, ...files.flatMap((path) => (path === undefined ? [] : (textOf(path) ?? [])))];
}

/** Returns the text of a file; undefined when it cannot be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function failureText(error: Error & { code?: unknown; errors?: unknown }): string {
  // A name with several addresses fails with an AggregateError, whose own message is empty.
  const inner: unknown = Array.isArray(error.errors) ? error.errors[0] : undefined;
  const message = error.message || (inner instanceof Error ? inner.message : "");
  return message || (typeof error.code === "string" ? error.code : "the connection failed");
}
