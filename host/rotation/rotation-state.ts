/** `rotation-state`: how far a token's host is, seen without any call. Changes nothing. */
import { fingerprint, textOf, type OauthObject } from "../../claude/credentials.ts";
import type { RequestOf } from "../../contract/actions.ts";
import { readRegularFile } from "../../lib/atomic-file.ts";
import { plainText, problemsOf } from "../../lib/expected-error.ts";
import type { HostToken, ObservedService } from "../../contract/token-file.ts";
import type { RotationState, TokenEvidence } from "../../contract/rotation.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "../token/judge-candidate.ts";
import { readApprovedCopies } from "../token/approved-copies.ts";
import { namedContainers } from "../docker.ts";
import { compareVariables } from "./environment-file.ts";
import { readRotationLock } from "./rotation-lock.ts";
import { sha256Of } from "../../lib/sha256.ts";

/** Never throws for what it finds: `missing` says what it could not see. */
export async function observeRotation({
  token,
  services,
  environment,
}: RequestOf<"rotation-state">): Promise<RotationState> {
  const missing: string[] = [];
  const seen = <T>(work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      missing.push(...problemsOf(error));
      return null;
    });
  const reading = await readRegularFile(token.file, MAX_TOKEN_FILE_BYTES);
  const { file, uids, gate } = token;
  const { allowRefreshToken } = gate;
  const { oauth } = judgeCandidate(reading, { file, uids, allowRefreshToken, nowMs: Date.now() });
  const access = oauth === undefined ? undefined : textOf(oauth, "accessToken");
  return {
    file: {
      sha256: reading.kind === "file" ? sha256Of(reading.content) : null,
      fingerprint: oauth === undefined ? null : tokenFingerprint(oauth),
    },
    passed: (await seen(readApprovedCopies(file)))?.memory.passed ?? [],
    services: (await observeServices({ token, services }, missing)).map(({ name, running, sha256 }) => ({
      name,
      running,
      sha256,
    })),
    environment:
      environment === undefined || access === undefined
        ? null
        : await seen(compareVariables(environment, access)),
    mark: (await seen(readRotationLock(file))) ?? null,
    missing: missing.slice(0, 50).map((sentence) => plainText(sentence, 1000)),
  };
}

/** The first digits of the access token's digest, whatever else the file holds. */
export function tokenFingerprint(oauth: OauthObject): string {
  return fingerprint({ accessToken: textOf(oauth, "accessToken") });
}

/** The services' containers, without their logs. */
export async function observeServices(
  { token, services }: { readonly token: HostToken; readonly services: readonly ObservedService[] },
  missing: string[],
): Promise<readonly Omit<TokenEvidence["services"][number], "lines">[]> {
  const engine = await namedContainers(...services.map(({ container }) => container));
  if ("why" in engine) missing.push(`The container engine did not answer: ${engine.why}.`);
  const found = "why" in engine ? [] : engine.containers;
  return services.map(({ name, container }) => {
    const state = found.find((one) => one.name === container);
    const labels = state?.labels ?? {};
    const own = labels["claude-fleet.fleet"] === token.fleet && labels["claude-fleet.token"] === token.name;
    const sha256 = own ? (labels["claude-fleet.sha256"] ?? null) : null;
    const startedAt = state?.startedAt ?? null;
    return { name, container, running: state?.running ?? false, sha256, startedAt };
  });
}
