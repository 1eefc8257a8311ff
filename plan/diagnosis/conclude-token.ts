/**
 * Finds out whether a token is dead, from real calls. The log alone never triggers a rotation: the line of a failing
 * refresh is written every few minutes while everything works.
 */
import type { TokenEvidence } from "../../contract/rotation.ts";
import { describeEvidence, type AlertState, type Evidence } from "./evidence.ts";
import { FINDINGS, type Finding, type FindingKind } from "./finding-table.ts";

/** What the next command needs to know. */
export interface Site {
  readonly token: string;
  /** The site's command that makes its services read the token from disk again. */
  readonly refresh: readonly string[] | undefined;
}

type Conclusion = Pick<Finding, "kind" | "summary" | "next">;

/** Returns the finding about a token. */
export function tokenFinding(evidence: Evidence, site: Site): Finding {
  const { kind, summary, next } = conclude(evidence, site);
  return { kind, severity: FINDINGS[kind].severity, summary, next, evidence: describeEvidence(evidence) };
}

function conclude({ host, alert }: Evidence, site: Site): Conclusion {
  if ("unreachable" in host) {
    const next = "repair the connection to the host, then run `claude-fleet diagnose` again";
    return { kind: "unknown", summary: "The token's host did not answer.", next };
  }
  return (
    ofTheFile(host, site) ?? ofTheServices(host, site) ?? ofTheGateway(host) ?? ofTheLog(host, alert, site)
  );
}

const SUMMARIES = {
  limit: "The account has reached a usage limit. The API accepted the token.",
  upstream: "The API or the connection to it fails. The token's state is unknown.",
  "not-allowed": "The organisation, its plan or its credit does not allow the token.",
} as const;

/** Returns the conclusion from the call with the file's token. Undefined: that call succeeded. */
function ofTheFile(host: TokenEvidence, site: Site): Conclusion | undefined {
  const { candidate, current } = host;
  switch (candidate?.outcome) {
    case "ok":
      return undefined;
    case "limit":
    case "upstream":
    case "not-allowed":
      return concluded(candidate.outcome, SUMMARIES[candidate.outcome], site);
    case "unknown":
      return {
        kind: "unknown",
        summary: "The call with the token proved nothing.",
        next: "check `claude`, `model` and `probe` of the token's gate, then run `claude-fleet diagnose` again",
      };
    case "refused":
    case undefined:
      if (current?.call.outcome === "ok") {
        const summary = "The file holds no working token. Services continue with the previous token.";
        return concluded("bad-candidate", summary, site);
      }
      return dead(host, site);
  }
}

function dead(host: TokenEvidence, site: Site): Conclusion {
  const paysNow = linesOf(host, "fallback") > 0;
  if (paysNow || (host.fallbackKey === "present" && host.gateway?.outcome === "ok")) {
    return concluded("dead-on-fallback", "The token is dead. A billable key pays for the calls.", site);
  }
  return concluded("dead", "The token is dead, and calls fail.", site);
}

/** Returns the conclusion about services that do not use the working token. Undefined: all of them use it. */
function ofTheServices(host: TokenEvidence, site: Site): Conclusion | undefined {
  const stale = host.services.filter(
    ({ startedAt, sha256 }) => startedAt !== null && sha256 !== host.file.sha256,
  );
  if (stale.length > 0) {
    return {
      kind: "stale-containers",
      summary: `The token of the file works, but ${namesOf(stale)} ${stale.length === 1 ? "has" : "have"} another token. No new token is needed.`,
      next: `claude-fleet rollout ${site.token}`,
    };
  }
  if (host.environment?.some(({ state }) => state !== "same") === true) {
    return {
      kind: "stale-containers",
      summary:
        "The token of the file works, but the environment file holds another token. No new token is needed.",
      next: `claude-fleet rotate ${site.token} --from deliver`,
    };
  }
  const down = host.services.filter(({ running }) => !running);
  if (down.length > 0) {
    return notTheToken(`${namesOf(down)} ${down.length === 1 ? "does" : "do"} not run`, "npx pulumi up");
  }
  const troubled = host.services.filter(({ trouble }) => trouble !== null);
  if (troubled.length > 0) {
    return notTheToken(
      troubled.map(({ name, trouble }) => `${name} ${trouble}`).join(", and "),
      "npx pulumi up",
    );
  }
  const refusals = linesOf(host, "refused") + linesOf(host, "fallback") + (host.failedTasks ?? 0);
  if (refusals === 0) return undefined;
  return {
    kind: "rotated-quietly",
    summary:
      "The token works and every container has it, but services were refused since they started. They use a cached previous token.",
    next:
      site.refresh?.join(" ") ??
      "make the services read the token from disk again, or run `docker restart` on them",
  };
}

function ofTheGateway({ gateway }: TokenEvidence): Conclusion | undefined {
  if (gateway === null || gateway.outcome === "ok") return undefined;
  const what =
    gateway.outcome === "refused" ? "refuses its own key" : `fails: ${gateway.why || gateway.outcome}`;
  return notTheToken(`the gateway ${what}`, "check the gateway's own log and key");
}

/** Returns the conclusion from the alert and the log. Every call succeeded. */
function ofTheLog(host: TokenEvidence, alert: AlertState | undefined, site: Site): Conclusion {
  const noise = linesOf(host, "noise");
  if (noise > 0 && host.file.kind === "login") {
    const summary = "The login's refresh is refused. The login works until its access token expires.";
    return concluded("refresh-lost", summary, site);
  }
  if (alert?.state === "firing") {
    return notTheToken(
      `the alert ${alert.name} fires although every call succeeds`,
      "check the source of the alert: it may not have run since",
    );
  }
  if (noise > 0) {
    const summary = "Every call succeeds. The failing refresh in the logs is harmless for a setup token.";
    return concluded("refresh-noise", summary, site);
  }
  return concluded("healthy", "Every call succeeds.", site);
}

/** Returns a conclusion with the next step that its finding always has. */
function concluded(kind: FindingKind, summary: string, { token }: Site): Conclusion {
  return { kind, summary, next: FINDINGS[kind].next?.(token) };
}

function notTheToken(what: string, next: string): Conclusion {
  return { kind: "not-the-token", summary: `The token works, but ${what}.`, next };
}

function linesOf({ services }: TokenEvidence, kind: "noise" | "refused" | "fallback"): number {
  return services.reduce((sum, { lines }) => sum + (lines?.[kind] ?? 0), 0);
}

function namesOf(services: readonly { readonly name: string }[]): string {
  return services.map(({ name }) => name).join(", ");
}
