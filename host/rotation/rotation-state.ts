/** `rotation-state`: reports how far a rotation is on the token's host. Makes no call and changes nothing. */
import { fingerprint, textOf, type OauthObject } from "../../claude/credentials.ts";
import type { RequestOf } from "../../contract/actions.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import type { RotationState, TokenEvidence } from "../../contract/rotation.ts";
import type { HostToken, ObservedService } from "../../contract/token-file.ts";
import { problemsOf } from "../../lib/expected-error.ts";
import { namedContainers } from "../docker.ts";
import { readApprovedCopies } from "../token/approved-copies.ts";
import { readCandidate } from "../token/read-candidate.ts";
import { compareVariables } from "./environment-file.ts";
import { readRotationLock } from "./rotation-lock.ts";
import { LABELS } from "../../contract/container-labels.ts";
import { networkFault, stateFault } from "../../plan/drift/container-state.ts";
import { plainText, plainTexts } from "../../lib/printable.ts";

/** Observes a rotation. Never throws for what it finds: `missing` says what could not be observed. */
export async function observeRotation({
  token,
  services,
  environment,
}: RequestOf<"rotation-state">): Promise<RotationState> {
  const missing: string[] = [];
  const orMissing = missingCollector(missing);
  const { access, sha256, fingerprint } = await readToken(token);
  return {
    file: { sha256, fingerprint },
    passed: (await orMissing(readApprovedCopies(token.file)))?.gateRecord.passed ?? [],
    services: (await observeServices({ token, services }, missing)).map(({ name, running, sha256 }) => ({
      name,
      running,
      sha256,
    })),
    environment: await orMissing(compareVariables(environment, access)),
    mark: (await orMissing(readRotationLock(token.file))) ?? null,
    missing: plainTexts(missing, PROTOCOL_LIMITS.missing, PROTOCOL_LIMITS.evidence),
  };
}

/** Returns a function that awaits some work. When that fails, it adds the problems to `missing` and returns null. */
export function missingCollector(missing: string[]) {
  return <T>(work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      missing.push(...problemsOf(error));
      return null;
    });
}

/** Returns the fingerprint of the access token alone, which is the same whatever else the file holds. */
export function tokenFingerprint(oauth: OauthObject): string {
  return fingerprint({ accessToken: textOf(oauth, "accessToken") });
}

/** Reads the candidate, its access token and {@link tokenFingerprint}. Without a token they are undefined and null. */
export async function readToken(token: HostToken) {
  const candidate = await readCandidate(token);
  const { oauth } = candidate;
  const access = oauth && textOf(oauth, "accessToken");
  return { ...candidate, access, fingerprint: oauth ? tokenFingerprint(oauth) : null };
}

/** Observes the services' containers, without their logs. Adds to `missing` when the engine does not answer. */
export async function observeServices(
  { token, services }: { readonly token: HostToken; readonly services: readonly ObservedService[] },
  missing: string[],
): Promise<readonly Omit<TokenEvidence["services"][number], "lines">[]> {
  const engine = await namedContainers(...services.map(({ container }) => container));
  if (engine.why !== undefined) missing.push(`The container engine did not answer: ${engine.why}.`);
  return services.map(({ name, container }) => {
    const state = engine.containers.find((one) => one.name === container);
    const labels = state?.labels ?? {};
    const own = labels[LABELS.fleet] === token.fleet && labels[LABELS.token] === token.name;
    const sha256 = own ? (labels[LABELS.sha256] ?? null) : null;
    const startedAt = state?.startedAt ?? null;
    const trouble = state === undefined ? undefined : (stateFault(state) ?? networkFault(state));
    return {
      ...{ name, container, running: state?.running ?? false, sha256, startedAt },
      trouble: trouble === undefined ? null : plainText(trouble, 500),
    };
  });
}
