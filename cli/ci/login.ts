/** `claude-fleet ci login|logout`: a workflow's own, short-lived token of Vault, in the file where every tool looks for it. */
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { exchange } from "../../lib/http-exchange.ts";
import { VaultClient } from "../../lib/vault-api.ts";
import { describeFailure } from "../../lib/vault-result.ts";
import { parseJson } from "../../lib/parse-json.ts";
import { AUDIENCE, identityName, type Identity } from "../../plan/vault/ci-identities.ts";
import type { FleetPlan } from "../../plan/model.ts";
import { operatorToken } from "../../remote/operator-token.ts";

const tokenFile = () => path.join(homedir(), ".vault-token");

/**
 * Logs in to the plan's Vault as `identity` with the workflow's own statement of who it is, and leaves the token in
 * `~/.vault-token`, 0600.
 * @throws {ExpectedError} when GitHub or Vault refuses
 */
export async function logIn(
  plan: FleetPlan,
  identity: Identity,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const jwt = await statement(environment);
  const { address, namespace, caPem } = plan.vault;
  const role = identityName(plan.fleet, identity);
  const result = await new VaultClient({ address, namespace, caPem, token: undefined }).logInByJwt(role, jwt);
  if (result.kind !== "ok") {
    throw new ExpectedError(
      `Vault at ${address} did not let this job in as ${role}: it ${describeFailure(result)}; compare auth/jwt/role/${role} with docs/ci.md.`,
    );
  }
  await writeFileAtomic(tokenFile(), result.value, { mode: 0o600 });
}

/** Gives the token back and removes its file; one that is gone already is fine. */
export async function logOut(plan: FleetPlan): Promise<void> {
  const token = await operatorToken({});
  if (token === undefined) return;
  const { address, namespace, caPem } = plan.vault;
  const result = await new VaultClient({ address, namespace, caPem, token }).revokeSelf();
  await rm(tokenFile(), { force: true });
  if (result.kind !== "ok" && result.kind !== "forbidden") {
    throw new ExpectedError(
      `the job's token was not revoked: Vault at ${address} ${describeFailure(result)}; it ends by itself within the hour.`,
    );
  }
}

/** What GitHub signs about this job. Source: https://docs.github.com/actions/reference/security/oidc */
async function statement(environment: NodeJS.ProcessEnv): Promise<string> {
  const url = environment["ACTIONS_ID_TOKEN_REQUEST_URL"];
  const token = environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  if (url === undefined || token === undefined || !URL.canParse(url)) {
    throw new ExpectedError(
      "this job may not ask GitHub who it is; give it `permissions: {id-token: write}`.",
    );
  }
  const asked = new URL(url);
  asked.searchParams.set("audience", AUDIENCE);
  const end = await exchange(asked, {
    method: "GET",
    headers: { accept: "application/json", authorization: `bearer ${token}` },
    deadlineMs: 30_000,
  });
  if (end.kind === "none")
    throw new ExpectedError(`GitHub did not say who this job is: ${end.why}; run it again.`);
  const answer = z.object({ value: z.string().min(1) }).safeParse(parseJson(end.text));
  if (end.status === 200 && answer.success) return answer.data.value;
  throw new ExpectedError(`GitHub did not say who this job is (status ${end.status}); run it again.`);
}
