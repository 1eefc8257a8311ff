/** Describes in sentences what a diagnosis observed. */
import type { Call, TokenEvidence } from "../../contract/rotation.ts";
import { shortDigest } from "../../lib/sha256.ts";
import type { Evidence } from "./evidence.ts";

/** Returns one sentence for each observation. The calls with the token itself come first. */
export function describeEvidence({ host, alert }: Evidence): readonly string[] {
  if ("unreachable" in host) return [host.unreachable, ...alertSentence(alert)];
  const { file, candidate, current, former, gateway, failedTasks } = host;
  const named = file.sha256 === null ? "The file" : `The file ${shortDigest(file.sha256)}`;
  return [
    ...file.complaints,
    ...(candidate === null ? [] : [`${named}: a call with its token ${outcome(candidate)}.`]),
    ...(current === null
      ? []
      : [`The containers have ${shortDigest(current.sha256)}: a call with it ${outcome(current.call)}.`]),
    ...(former === null
      ? []
      : [`The previous token ${shortDigest(former.sha256)}: a call with it ${outcome(former.call)}.`]),
    ...(gateway === null ? [] : [`A call through the gateway ${outcome(gateway)}.`]),
    ...host.services.flatMap((service) => serviceSentences(service, file.sha256)),
    ...(failedTasks === null ? [] : [`Tasks that failed with 401 lately: ${failedTasks}.`]),
    ...fallbackSentence(host.fallbackKey),
    ...environmentSentences(host.environment ?? []),
    ...alertSentence(alert),
    ...host.missing,
  ];
}

function outcome({ outcome: word, why }: Call): string {
  const clause = why === "" ? "" : ` (${why})`;
  switch (word) {
    case "ok":
      return "succeeded";
    case "refused":
      return `was refused${clause}`;
    case "not-allowed":
      return `is not allowed${clause}`;
    case "limit":
      return `met a usage limit${clause}`;
    case "upstream":
      return `got no answer from the API${clause}`;
    case "unknown":
      return `proved nothing${clause}`;
  }
}

function serviceSentences(
  { name, running, sha256, startedAt, lines }: TokenEvidence["services"][number],
  wanted: string | null,
): string[] {
  if (startedAt === null) return [`${name}: the container does not exist.`];
  const found: string[] = [];
  if (!running) found.push("does not run");
  if (sha256 !== wanted) {
    found.push(sha256 === null ? "was not created by a rollout of this token" : `has ${shortDigest(sha256)}`);
  }
  const counts = [
    ["refused", "refused"],
    ["fallback", "paid for by the fallback key"],
    ["noise", "about the failing refresh"],
    ["subscription", "paid for by the subscription"],
  ] as const;
  for (const [kind, words] of counts) {
    const count = lines?.[kind] ?? 0;
    if (count > 0) found.push(`${count} ${count === 1 ? "line" : "lines"} ${words} since ${startedAt}`);
  }
  return found.length === 0 ? [] : [`${name}: ${found.join("; ")}.`];
}

function fallbackSentence(state: TokenEvidence["fallbackKey"]): string[] {
  if (state === null) return [];
  return [state === "present" ? "A billable fallback key is loaded." : "No billable fallback key is loaded."];
}

function environmentSentences(variables: NonNullable<TokenEvidence["environment"]>): string[] {
  return variables.flatMap(({ variable, state }) => {
    if (state === "same") return [];
    return [`${variable} ${state === "missing" ? "is not set" : "holds another token than the file"}.`];
  });
}

function alertSentence(alert: Evidence["alert"]): string[] {
  switch (alert?.state) {
    case undefined:
      return [];
    case "firing":
      return [`The alert ${alert.name} fires.`];
    case "clear":
      return [`The alert ${alert.name} does not fire.`];
    case "unknown":
      return [`The state of the alert ${alert.name} is unknown: ${alert.why}.`];
  }
}
