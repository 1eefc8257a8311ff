/**
 * Whether a token is dead, decided by real calls: what logs say is never a trigger by itself, for the line of a refresh
 * that fails is written every few minutes while everything works. Pure.
 */
import type { TokenEvidence } from "../../contract/rotation.ts";
import { describeEvidence } from "./evidence-sentences.ts";
import { FINDINGS, type Finding, type FindingKind } from "./findings.ts";
import type { AlertState, Evidence } from "./evidence.ts";

/** What the next command is made of. */
export interface Site {
  readonly token: string;
  /** Words of the site's command for a forced refresh from disk. */
  readonly refresh: readonly string[] | undefined;
}

interface Conclusion {
  readonly kind: FindingKind;
  readonly summary: string;
  readonly next: string | undefined;
}

/** The verdict. */
export function tokenFinding(evidence: Evidence, site: Site): Finding {
  const { kind, summary, next } = find(evidence, site);
  const { severity } = FINDINGS[kind];
  return { kind, severity, summary, next, evidence: describeEvidence(evidence) };
}

function find({ host, alert }: Evidence, site: Site): Conclusion {
  if ("unreachable" in host) {
    return {
      kind: "unknown",
      summary: "The token's host could not be asked.",
      next: "mend the way to the host, then `claude-fleet diagnose` again",
    };
  }
  return ofTheFile(host, site) ?? ofServices(host, site) ?? ofTheRest(host, alert, site);
}

/** What the file's own token says; undefined when a call with it succeeded. */
function ofTheFile(host: TokenEvidence, site: Site): Conclusion | undefined {
  const { candidate, current } = host;
  switch (candidate?.outcome) {
    case "ok":
      return undefined;
    case "limit":
      return {
        kind: "limit",
        summary: "The account has reached a usage limit; the token itself was accepted.",
        next: "wait for the reset; a new token has the same limit",
      };
    case "upstream":
      return {
        kind: "upstream",
        summary: "The API or the way to it is in trouble: nothing is known about the token.",
        next: "look at https://status.claude.com, then `claude-fleet diagnose` again",
      };
    case "not-allowed":
      return {
        kind: "not-allowed",
        summary: "The organisation, its plan or its credit does not allow the token.",
        next: "ask the organisation's administrator; a new token would be refused, too",
      };
    case "unknown":
      return {
        kind: "unknown",
        summary: "The call with the token proved nothing.",
        next: "check `claude`, `model` and `probe` of the token's gate, then `claude-fleet diagnose` again",
      };
    case "refused":
    case undefined:
      if (current?.call.outcome === "ok") {
        return {
          kind: "bad-candidate",
          summary: "The file is no working token; services go on with the one before it.",
          next: `claude-fleet rollout ${site.token} --back`,
        };
      }
      return dead(host, site);
  }
}

function dead(host: TokenEvidence, site: Site): Conclusion {
  const next = `claude-fleet rotate ${site.token}`;
  const spending = countOf(host, "fallback") > 0;
  if (spending || (host.fallbackKey === "present" && host.gateway?.outcome === "ok")) {
    return {
      kind: "dead-on-fallback",
      summary: "The token is dead, and a billable key pays for the calls.",
      next,
    };
  }
  return { kind: "dead", summary: "The token is dead, and nothing serves calls instead of it.", next };
}

/** The token works; whether services have and use it. */
function ofServices(host: TokenEvidence, site: Site): Conclusion | undefined {
  const stale = host.services.filter(
    ({ startedAt, sha256 }) => startedAt !== null && sha256 !== host.file.sha256,
  );
  if (stale.length > 0) {
    const names = stale.map(({ name }) => name).join(", ");
    return {
      kind: "stale-containers",
      summary: `The file's token works, and ${names} ${stale.length === 1 ? "has" : "have"} another: nothing needs to be minted.`,
      next: `claude-fleet rollout ${site.token}`,
    };
  }
  if (host.environment?.some(({ state }) => state !== "same") === true) {
    return {
      kind: "stale-containers",
      summary: "The file's token works, and the environment file holds another: nothing needs to be minted.",
      next: `claude-fleet rotate ${site.token} --from deliver`,
    };
  }
  const down = host.services.filter(({ running }) => !running);
  if (down.length > 0) {
    const names = down.map(({ name }) => name).join(", ");
    return notTheToken(`${names} ${down.length === 1 ? "does" : "do"} not run`, "npx pulumi up");
  }
  const refusals = countOf(host, "refused") + countOf(host, "fallback") + (host.failedTasks ?? 0);
  if (refusals > 0) {
    const forced = site.refresh?.join(" ");
    return {
      kind: "rotated-quietly",
      summary:
        "The token works and every container has it, while services were refused since their start: they use what they cached.",
      next: forced ?? "make the services read the token from disk again, or `docker restart` those above",
    };
  }
  return undefined;
}

/** The token works and services use it: the gateway, the alert and the noise are what is left. */
function ofTheRest(host: TokenEvidence, alert: AlertState | undefined, site: Site): Conclusion {
  const { gateway, file } = host;
  if (gateway !== null && gateway.outcome !== "ok") {
    const what =
      gateway.outcome === "refused"
        ? "refuses its own key"
        : `does not serve: ${gateway.why || gateway.outcome}`;
    return notTheToken(`the gateway ${what}`, "look at the gateway's own log and key");
  }
  const noise = countOf(host, "noise");
  if (noise > 0 && file.kind === "login") {
    return {
      kind: "refresh-lost",
      summary: "The login's refresh is refused: it works until its access token ends.",
      next: `claude-fleet rotate ${site.token}`,
    };
  }
  if (alert?.state === "firing") {
    return notTheToken(
      `the alert ${alert.name} fires although every call succeeds`,
      "look at what raises the alert: it may not have run since",
    );
  }
  if (noise > 0) {
    return {
      kind: "refresh-noise",
      summary: "Every call succeeds; the failing refresh in the logs is harmless for a setup token.",
      next: undefined,
    };
  }
  return { kind: "healthy", summary: "Every call succeeds.", next: undefined };
}

function notTheToken(what: string, next: string): Conclusion {
  return { kind: "not-the-token", summary: `The token works; ${what}.`, next };
}

function countOf({ services }: TokenEvidence, kind: "noise" | "refused" | "fallback"): number {
  return services.reduce((sum, { lines }) => sum + (lines?.[kind] ?? 0), 0);
}
