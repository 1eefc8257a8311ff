/** Decides the condition of a token's containers and of its file, and what a person has to do about it. */
import type { TokenFileObservation } from "../../contract/token-file.ts";
import type { ServicePlan, TokenPlan } from "../model.ts";
import { lagOf } from "../drift/containers.ts";
import { ALERT_THRESHOLDS } from "../monitoring/alert-thresholds.ts";
import { span } from "./durations.ts";
import type { Answer, ConsumerRow, State, TokenRow, Trouble, Condition } from "./rows.ts";
import { fromHost } from "../../lib/printable.ts";
import { shortDigest } from "../../lib/sha256.ts";

/** Returns a row for each container of a token, in rollout order. */
export function consumerRows(token: TokenPlan, answer: Answer<TokenFileObservation>): readonly ConsumerRow[] {
  return token.services.map((service) => consumerRow(token, service, answer));
}

/** Compares a container with the file that passed the gate last. A newer file that waits for its rollout does not count. */
function consumerRow(
  token: TokenPlan,
  service: ServicePlan,
  answer: Answer<TokenFileObservation>,
): ConsumerRow {
  const { name, container } = service;
  const row = (condition: Condition, sha256: string | null, matches: boolean | null): ConsumerRow => ({
    ...condition,
    ...{ token: token.name, service: name, container, sha256, matches },
  });
  const unknown = (why: string) => row({ state: "unknown", why, command: undefined }, null, null);
  if (answer.kind === "unknown") return unknown("the host did not answer");
  const { containers, passed } = answer.found;
  if (containers === null) return unknown("the container engine did not answer");
  const wanted = passed[0];
  const found = containers.find((candidate) => candidate.name === container);
  const digest = found === undefined || found.sha256 === "" ? null : shortDigest(found.sha256);
  const command = `npx claude-fleet rollout ${token.name}`;
  if (wanted === undefined)
    return row({ state: "person", why: "no token was rolled out", command }, digest, null);
  const why = lagOf(token, service, answer.found, wanted);
  if (why === undefined) return row({ state: "ok", why: "", command: undefined }, digest, true);
  return row({ state: "person", why, command }, digest, found === undefined ? null : found.sha256 === wanted);
}

/** Returns the row of the token file. */
export function tokenRow({ name }: TokenPlan, answer: Answer<TokenFileObservation>): TokenRow {
  if (answer.kind === "unknown") return { token: name, expiresAt: null, current: null };
  const { expiresAtMs, complaints, sha256, passed } = answer.found;
  return {
    token: name,
    expiresAt: expiresAtMs,
    current: complaints.length === 0 && sha256 !== null && sha256 === passed[0],
  };
}

/** Returns the problems of the file: it is refused, not rolled out, or expires soon. @param now in milliseconds */
export function tokenTroubles(
  token: TokenPlan,
  answer: Answer<TokenFileObservation>,
  now: number,
): readonly Trouble[] {
  const name = `token ${token.name}`;
  const about = (state: State, why: string, command?: string): Trouble => ({ name, state, why, command });
  if (answer.kind === "unknown") return [about("unknown", fromHost(answer.reason))];
  const { complaints, containers, kind, expiresAtMs } = answer.found;
  if (containers === null) return [about("unknown", "the container engine did not answer")];
  const command = `npx claude-fleet rollout ${token.name}`;
  if (complaints.length > 0) return complaints.map((why) => about("person", fromHost(why), command));
  if (tokenRow(token, answer).current === false) {
    return [about("person", `${token.file} is new and not rolled out`, command)];
  }
  const threshold =
    kind === "setup-token" ? ALERT_THRESHOLDS.setupTokenLeft[0] : ALERT_THRESHOLDS.loginLeft[0];
  if (expiresAtMs === null || expiresAtMs - now >= threshold * 1000) return [];
  const why = `it expires in ${span(expiresAtMs - now)}; put a new token file in its place`;
  return [about("person", why, command)];
}
