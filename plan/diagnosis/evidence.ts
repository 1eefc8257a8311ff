/** Defines what a diagnosis observes of a token, and describes it in sentences. */
import type { Call, TokenEvidence } from "../../contract/rotation.ts";
import { shortDigest } from "../../lib/sha256.ts";

/** Whether the alert of the settings fires. */
export type AlertState =
  | { readonly name: string; readonly state: "firing" | "clear" }
  | { readonly name: string; readonly state: "unknown"; readonly why: string };

/** Everything that a diagnosis observes. */
export interface Evidence {
  readonly host: TokenEvidence | { readonly unreachable: string };
  /** Undefined: the settings name no alert. */
  readonly alert: AlertState | undefined;
}

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

const DEEDS: Readonly<Record<Call["outcome"], string>> = {
  ok: "succeeded",
  refused: "was refused",
  "not-allowed": "is not allowed",
  limit: "met a usage limit",
  upstream: "got no answer from the API",
  unknown: "proved nothing",
};

function outcome({ outcome: word, why }: Call): string {
  return word === "ok" || why === "" ? DEEDS[word] : `${DEEDS[word]} (${why})`;
}

function serviceSentences(
  { name, running, trouble, sha256, startedAt, lines }: TokenEvidence["services"][number],
  wanted: string | null,
): string[] {
  if (startedAt === null) return [`${name}: the container does not exist.`];
  const found: string[] = [];
  if (!running) found.push("does not run");
  else if (trouble !== null) found.push(trouble);
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
  if (alert === undefined) return [];
  if (alert.state === "unknown") return [`The state of the alert ${alert.name} is unknown: ${alert.why}.`];
  return [`The alert ${alert.name} ${alert.state === "firing" ? "fires" : "does not fire"}.`];
}
