/** Speaks to the environment's Vault with the token that a test chooses. Paths are sent exactly as they are written. */
import { request } from "node:http";
import * as z from "zod";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";

/** Where backups lie: what the settings of the test stack leave at its default. */
export const PREFIX = "workstation/claude-users";

/** Name of the stack and of its fleet. */
export const FLEET = checkout.environment;

/** The fleet's token role. */
export const ROLE = `claude-${FLEET}`;

/** Name of a user's policy. */
export const policyOf = (user: string) => `claude-${FLEET}-${user}`;

/** Vault's answer. */
export interface Answer {
  readonly status: number;
  /** The parsed body; undefined when it was not JSON. */
  readonly body: unknown;
}

/** One request of the API below `/v1/`. */
export interface VaultCall {
  /** `LIST` and `PATCH` are methods of Vault's API. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "LIST" | "PATCH";
  /** Sent byte for byte, `..` and `%2f` included. */
  readonly path: string;
  readonly body?: unknown;
}

/** Sends one request with this token. Rejects only when there is no answer. */
export async function askVault(environment: DevEnvironment, token: string, call: VaultCall): Promise<Answer> {
  const { hostname, port } = new URL(environment.vault.address);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const type = call.method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const headers = { "X-Vault-Token": token, "X-Vault-Request": "true", "Content-Type": type };
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method: call.method, path: `/v1/${call.path}`, headers },
      (got) => {
        let text = "";
        got.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        got.on("end", () => resolve({ status: got.statusCode ?? 0, body: json(text) }));
        got.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** What Vault answers the administrator. @throws Error for anything but a success */
export async function asAdmin<T>(
  environment: DevEnvironment,
  call: VaultCall,
  shape: z.ZodType<T>,
): Promise<T> {
  const { status, body } = await askVault(environment, environment.vault.token, call);
  if (status >= 300)
    throw new Error(`Vault answered ${call.method} ${call.path} with ${status}: ${JSON.stringify(body)}`);
  return shape.parse(body);
}

const tokenAnswer = z.object({
  data: z.object({
    accessor: z.string(),
    display_name: z.string(),
    policies: z.array(z.string()),
    identity_policies: z.array(z.string()).nullish(),
    orphan: z.boolean(),
    period: z.number().optional(),
    creation_ttl: z.number(),
    explicit_max_ttl: z.number(),
    renewable: z.boolean(),
    type: z.string(),
    num_uses: z.number(),
    meta: z.record(z.string(), z.string()),
  }),
});
export type Token = z.infer<typeof tokenAnswer>["data"];

/** What Vault knows about a token. */
export async function lookUp(environment: DevEnvironment, token: string): Promise<Token> {
  const call = { method: "POST", path: "auth/token/lookup", body: { token } } as const;
  return (await asAdmin(environment, call, tokenAnswer)).data;
}

/** Whether a token still opens anything: the status of its looking itself up. */
export async function statusOfToken(environment: DevEnvironment, token: string): Promise<number> {
  return (await askVault(environment, token, { method: "GET", path: "auth/token/lookup-self" })).status;
}

const entryAnswer = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()),
    metadata: z.object({ version: z.number() }),
  }),
});
export type Entry = z.infer<typeof entryAnswer>["data"];

/** A user's backup; undefined when there is none. */
export async function backup(environment: DevEnvironment, user: string): Promise<Entry | undefined> {
  const call = { method: "GET", path: `secret/data/${PREFIX}/${user}` } as const;
  const { status, body } = await askVault(environment, environment.vault.token, call);
  return status === 404 ? undefined : entryAnswer.parse(body).data;
}

/** Everything that Vault knows of a user's backup but its content; undefined when there is none. */
export async function backupMetadata(environment: DevEnvironment, user: string): Promise<unknown> {
  const call = { method: "GET", path: `secret/metadata/${PREFIX}/${user}` } as const;
  const { status, body } = await askVault(environment, environment.vault.token, call);
  return status === 404 ? undefined : (body as { data: unknown }).data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An empty answer, or a page of the server's router: the status says all.
    return undefined;
  }
}
