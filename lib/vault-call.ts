/** One call of Vault's API: the request, and an answer of a known shape or what its failure means. */
import type * as z from "zod";
import { vaultRequest, type VaultRequest, type VaultServer } from "./vault-http.ts";
import { failureOf, type VaultResult } from "./vault-result.ts";

/**
 * Sends one request and checks the shape of the answer. Never rejects.
 * @param accept a status beside 2xx whose answer may have the shape, too
 */
export async function callVault<T>(
  server: VaultServer,
  request: VaultRequest,
  shape: z.ZodType<T>,
  accept?: number,
): Promise<VaultResult<T>> {
  const answer = await vaultRequest(server, request);
  if (answer.kind === "none") return { kind: "unreachable", why: answer.why };
  const { status, body } = answer;
  const good = status >= 200 && status < 300;
  if (good || status === accept) {
    const parsed = shape.safeParse(body);
    if (parsed.success) return { kind: "ok", value: parsed.data };
    if (good)
      return { kind: "failed", status, why: "the answer has another shape than Vault's API documents" };
  }
  return failureOf(status, body, server.token);
}
