/** Facts for the agent's decisions. Everything is in good order unless a test says otherwise. */
import { fakeConfig } from "./fake-agent.ts";
import { withFile } from "../../../agent/decision/lineage.ts";
import { freshAgentState, type AgentState } from "../../../contract/agent-state.ts";
import type { Facts, ProbeFacts, ProbeEnd } from "../../../agent/decision/facts.ts";
import type { FileView, UsableView } from "../../../agent/decision/file-view.ts";

/** The present of these tests, in milliseconds since the epoch. */
export const NOW = 1_795_000_000_000;

export const NONE: FileView = { kind: "none" };
export const UNREADABLE: FileView = { kind: "unreadable", why: "EACCES" };
export const CORRUPT: FileView = { kind: "corrupt", why: "it is not JSON" };
export const BLANK: FileView = { kind: "blank" };

/** Returns a usable login; `name` tells logins apart. */
export function usable(name: string, changes: Partial<UsableView> = {}): UsableView {
  return {
    kind: "usable",
    fingerprint: `fp-${name}`,
    access: `at-${name}`,
    credential: "login",
    expiresAt: NOW + 3_600_000,
    loginExpiresAt: NOW + 20 * 86_400_000,
    incomplete: undefined,
    ...changes,
  };
}

/** Returns the end of a CLI that gave this answer. */
export function answer(
  result: string,
  status: number | null,
  isError = true,
  code = isError ? 1 : 0,
): ProbeEnd {
  const body = { type: "result", subtype: "success", is_error: isError, api_error_status: status, result };
  return { kind: "ended", code, signal: null, stdout: JSON.stringify(body), stderr: "" };
}

export const OK = answer("OK", null, false);

/** Returns a probe of the login `a`. */
export function probed(end: ProbeEnd, after: FileView, before = usable("a")): ProbeFacts {
  return { before, end, after, endedAt: NOW };
}

export function facts(changes: Partial<Facts> = {}): Facts {
  return {
    notStorable: undefined,
    cli: { kind: "ready", version: "2.1.330" },
    file: usable("a"),
    history: true,
    probe: undefined,
    retried: [],
    source: { kind: "none" },
    unfinished: false,
    waits: fakeConfig.waits,
    ...changes,
  };
}

/** The owner of the logins in these tests. */
export const owner = {
  email: "alice@example.com",
  organization: undefined,
  machineId: "1".repeat(32),
  adopt: false,
};

/** Returns the agent state after these files were read, one after the other. */
export function stateAfter(...views: readonly FileView[]): AgentState {
  return views.reduce<AgentState>((state, view) => withFile(state, view, NOW), freshAgentState());
}
