// The connection to Vault: address, token and namespace as the official provider finds them, and errors that name the remedy.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { vaultRequest } from "../../../../lib/vault-http.ts";
import type { VaultAnswer, VaultRequest, VaultServer } from "../../../../lib/vault-http.ts";
import type { Properties } from "../provider/value.ts";

/** What the provider was configured with; see the table of the provider. */
export interface ConnectionSettings {
  readonly address: string;
  readonly namespace: string;
  readonly caFile: string;
  readonly token: string;
  readonly tokenName: string;
  readonly skipChildToken: boolean;
  /** Life of the child token, in seconds. */
  readonly maxLeaseTtlSeconds: number;
  readonly maxRetries: number;
}

/** A JSON object of an answer. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the provider's arguments, each else from the environment as the official provider does.
 * https://github.com/hashicorp/terraform-provider-vault/blob/v5.8.0/internal/provider/meta.go (setClient)
 */
export function readSettings(args: Properties, env: NodeJS.ProcessEnv): ConnectionSettings {
  const text = (name: string, variable: string, otherwise = "") => {
    const given = args[name];
    return typeof given === "string" && given !== "" ? given : (env[variable] ?? otherwise);
  };
  return {
    address: text("address", "VAULT_ADDR"),
    namespace: text("namespace", "VAULT_NAMESPACE"),
    caFile: text("caCertFile", "VAULT_CACERT"),
    token: text("token", "VAULT_TOKEN"),
    tokenName: text("tokenName", "VAULT_TOKEN_NAME", "terraform"),
    skipChildToken: text("skipChildToken", "TERRAFORM_VAULT_SKIP_CHILD_TOKEN") === "true",
    maxLeaseTtlSeconds: Number(text("maxLeaseTtlSeconds", "TERRAFORM_VAULT_MAX_TTL", "1200")),
    maxRetries: Number(text("maxRetries", "VAULT_MAX_RETRIES", "2")),
  };
}

/** What Vault refused, or that it gave no answer (status 0). */
export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** A Vault server as one identity. */
export class Connection {
  readonly #settings: ConnectionSettings;
  #server: Promise<VaultServer> | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  /**
   * Reads a path; `namespace` is relative to the provider's own.
   * @returns the answer's JSON object, or undefined when there is nothing (404).
   * @throws VaultError for every other status and for no answer: never taken for "there is nothing".
   */
  async read(path: string, namespace = ""): Promise<Json | undefined> {
    return this.#send(await this.#in(namespace), { method: "GET", path: cleaned(path) });
  }

  /** Writes to a path. @throws VaultError also when there is no such path. */
  async write(path: string, body: Json, namespace = ""): Promise<Json> {
    const server = await this.#in(namespace);
    const answer = await this.#send(server, { method: "POST", path: cleaned(path), body });
    if (answer !== undefined) return answer;
    throw new VaultError(
      `Vault at ${server.address} has no path ${path} to write to: is its engine mounted?`,
      404,
    );
  }

  /** Deletes a path; that it is gone already is fine. */
  async remove(path: string, namespace = ""): Promise<void> {
    await this.#send(await this.#in(namespace), { method: "DELETE", path: cleaned(path) });
  }

  async #in(namespace: string): Promise<VaultServer> {
    // The first use logs in. After a failed login the next use logs in again, because the failure may be temporary.
    this.#server ??= this.#logIn().catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
    const server = await this.#server;
    const joined = [server.namespace, namespace].map((part) => part.replace(/^\/+|\/+$/g, ""));
    return { ...server, namespace: joined.filter((part) => part !== "").join("/") };
  }

  /** Looks the token up, and works with a short-lived child of it, as the official provider does. */
  async #logIn(): Promise<VaultServer> {
    const { address, namespace, caFile, skipChildToken, tokenName, maxLeaseTtlSeconds } = this.#settings;
    if (address === "") {
      throw new Error("No Vault address: set claude-fleet:vault's address, or VAULT_ADDR.");
    }
    const token = this.#settings.token === "" ? readTokenFile() : this.#settings.token;
    if (token === "") {
      throw new Error(
        `No token for Vault at ${address}: export VAULT_TOKEN, or log in with \`vault login\` or \`bao login\`.`,
      );
    }
    const caPem = caFile === "" ? undefined : readFileSync(caFile, "utf8");
    const server: VaultServer = { address, namespace: "", caPem, token };
    const self = await this.#send(server, { method: "GET", path: "auth/token/lookup-self" });
    const own = text(asJson(self?.["data"])["namespace_path"]).replace(/^\/+|\/+$/g, "");
    const used = namespace === "" ? own : namespace;
    if (skipChildToken) return { ...server, namespace: used };
    const ttl = `${String(maxLeaseTtlSeconds)}s`;
    const child = await this.#send(
      { ...server, namespace: own },
      {
        method: "POST",
        path: "auth/token/create",
        body: { display_name: tokenName, ttl, explicit_max_ttl: ttl, renewable: false },
      },
    );
    return { ...server, namespace: used, token: text(asJson(child?.["auth"])["client_token"]) };
  }

  async #send(server: VaultServer, request: VaultRequest): Promise<Json | undefined> {
    for (let attempt = 0; ; attempt++) {
      const answer = await vaultRequest(server, request);
      if (attempt < this.#settings.maxRetries && isPassing(answer)) {
        await sleep(1000 * 2 ** attempt);
        continue;
      }
      if (answer.kind === "answer" && answer.status === 404) return undefined;
      if (answer.kind === "answer" && answer.status < 300) return asJson(answer.body);
      throw new VaultError(describe(server, request, answer), answer.kind === "answer" ? answer.status : 0);
    }
  }
}

/** As the official client writes paths: no slash twice, none at the end. */
function cleaned(path: string): string {
  return path.replace(/\/+/g, "/").replace(/\/$/, "");
}

/** A value as JSON object; empty when it is none. */
export function asJson(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The token helper of the `vault` and `bao` commands. */
function readTokenFile(): string {
  try {
    return readFileSync(join(homedir(), ".vault-token"), "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

/** What api.DefaultRetryPolicy tries again: no answer, "precondition failed", and server errors but 501. */
function isPassing(answer: VaultAnswer): boolean {
  if (answer.kind === "none") return true;
  return answer.status === 412 || (answer.status >= 500 && answer.status !== 501);
}

function describe(server: VaultServer, request: VaultRequest, answer: VaultAnswer): string {
  const what = `${request.method} ${request.path}`;
  if (answer.kind === "none") {
    return `Vault at ${server.address} gives no answer to ${what} (${answer.why}): start it, or correct its address; what it holds is unknown.`;
  }
  const errors = asJson(answer.body)["errors"];
  const said = Array.isArray(errors) && errors.length > 0 ? errors.join("; ") : "no reason given";
  return `Vault at ${server.address} answers ${String(answer.status)} to ${what}: ${said}. ${remedy(answer.status, said)}`;
}

function remedy(status: number, said: string): string {
  if (status === 503 && said.includes("sealed")) return "Unseal it; what it holds is unknown until then.";
  if (status === 403) return "Use a token that may do this (VAULT_TOKEN); what it holds is unknown.";
  if (status >= 500) return "Look at the server's log; what it holds is unknown.";
  return "Correct the request.";
}
