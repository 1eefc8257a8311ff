/** Says how a token's containers and its file are, and what a person has to do about it. Pure. */
import type { TokenFileObservation } from "../../host/protocol.ts";
import { short } from "../digests.ts";
import { fromHost } from "../drift.ts";
import type { ServicePlan, TokenPlan } from "../model.ts";
import { lagOf } from "../token-drift.ts";
import type { Answer, ConsumerRow, Trouble, Verdict } from "./model.ts";

/** The verdict of each container of a token, in rollout order. */
export function judgeConsumers(
  token: TokenPlan,
  answer: Answer<TokenFileObservation>,
): readonly ConsumerRow[] {
  return token.services.map((service) => judgeConsumer(token, service, answer));
}

/** A container is measured by the file that the gate passed last: one that still waits for its rollout is not its fault. */
function judgeConsumer(
  token: TokenPlan,
  service: ServicePlan,
  answer: Answer<TokenFileObservation>,
): ConsumerRow {
  const { name, container, uid } = service;
  const row = (verdict: Verdict, sha256: string | null, matches: boolean | null): ConsumerRow => ({
    ...verdict,
    ...{ token: token.name, service: name, container, sha256, matches },
  });
  const unknown = (why: string) => row({ state: "unknown", why, command: undefined }, null, null);
  if (answer.kind === "unknown") return unknown("the host did not answer");
  const { containers, passed } = answer.found;
  if (containers === null) return unknown("the container engine did not answer");
  const wanted = passed[0];
  const found = containers.find((candidate) => candidate.name === container);
  const digest = found === undefined || found.sha256 === "" ? null : short(found.sha256);
  const command = `npx claude-fleet rollout ${token.name}`;
  if (wanted === undefined)
    return row({ state: "person", why: "nothing was rolled out", command }, digest, null);
  const why = lagOf(found, wanted, `/${wanted}.${uid}.json`);
  if (why === undefined) return row({ state: "ok", why: "", command: undefined }, digest, true);
  return row({ state: "person", why, command }, digest, found === undefined ? null : found.sha256 === wanted);
}

/** What is to be said about the file itself: it is refused, or waits to be rolled out. */
export function judgeFile(token: TokenPlan, answer: Answer<TokenFileObservation>): readonly Trouble[] {
  const name = `token ${token.name}`;
  if (answer.kind === "unknown") {
    return [{ name, state: "unknown", why: fromHost(answer.reason), command: undefined }];
  }
  const { complaints, sha256, passed, containers } = answer.found;
  if (containers === null) {
    return [{ name, state: "unknown", why: "the container engine did not answer", command: undefined }];
  }
  const command = `npx claude-fleet rollout ${token.name}`;
  if (complaints.length > 0) {
    return complaints.map((why) => ({ name, state: "person", why: fromHost(why), command }));
  }
  if (sha256 === null || sha256 === passed[0]) return [];
  return [{ name, state: "person", why: `${token.file} is new, and not rolled out`, command }];
}
