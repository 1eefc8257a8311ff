/** A rotation under way: what its steps share. */
import { hostname, userInfo } from "node:os";
import type { RotationState } from "../../contract/rotation.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { hostToken, rotationStateRequest } from "../../plan/requests/token.ts";
import type { StepName, World } from "../../plan/rotation/step-table.ts";
import { ask, type TokenTarget } from "../stack/find-token.ts";
import type { Journal, JournalEntry, RotationFolder } from "./journal.ts";
import type { View } from "./view.ts";

/** Where a new token comes from. */
export type Source = "setup-token" | "login" | "stdin";

/** What the operator asks for. */
export interface RotateOptions {
  readonly source: Source;
  readonly reason: string | undefined;
  readonly from: StepName | undefined;
  /** Whether to ask nothing. */
  readonly yes: boolean;
  readonly takeOver: boolean;
  /** Absolute path of the CLI on this machine; undefined: found. */
  readonly claude: string | undefined;
}

export type { Say } from "../../lib/say.ts";

/** Rotates, rehearses or returns, and shows its problems. @returns the exit code */
export type RotationWork = (
  target: TokenTarget,
  options: RotateOptions,
  view: View,
  signal: AbortSignal,
) => Promise<number>;

/** Everything that the steps share. */
export interface Rotation {
  readonly target: TokenTarget;
  readonly options: RotateOptions;
  readonly folder: RotationFolder;
  readonly signal: AbortSignal;
  /** Changes during the rotation; {@link writeJournal} keeps it on the disk. */
  journal: Journal;
  /** The state of the host, as it was observed last. */
  state: RotationState;
  /** Whether this run obtains a token. */
  mints: boolean;
  /** What the report says beside the steps, such as whether the former token still works. */
  readonly findings: string[];
}

/** Another rotation holds the lock. */
export class LockedError extends ExpectedError {}

/** Asks how far the rotation is on the token's host. */
export function askRotationState(rotation: Pick<Rotation, "target" | "signal">): Promise<RotationState> {
  const { plan, token } = rotation.target;
  return ask(rotation, rotationStateRequest(plan, token));
}

/** Returns who rotates, as other operators read it: `user@machine`. */
export function operatorName(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** Takes the rotation lock, or shows that this rotation still holds it. @throws {LockedError} when another one holds it */
export async function holdLock(rotation: Rotation, takeOver: boolean): Promise<void> {
  const { plan, token } = rotation.target;
  const owner = { id: rotation.journal.id, by: operatorName() };
  const request = { action: "rotation-lock", token: hostToken(plan, token), owner, takeOver } as const;
  const { held, mark: lock } = await ask(rotation, request);
  if (held) return;
  throw new LockedError(
    `${lock.by} rotates ${token.name} since ${lock.since} and was last seen ${ageOf(lock.seen)} ago. Wait until that rotation ends. If you know that it was abandoned, take it over by --take-over.`,
  );
}

/** Releases the rotation lock. */
export async function unlock({ target, signal, journal }: Rotation): Promise<void> {
  const { plan, token } = target;
  const request = { action: "rotation-unlock", token: hostToken(plan, token), id: journal.id } as const;
  await ask({ target, signal }, request);
}

/** Returns how long ago a moment was, such as `3 min`. @param time RFC 3339 */
export function ageOf(time: string, nowMs = Date.now()): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** Changes the journal, and writes it to the disk. */
export async function writeJournal(rotation: Rotation, change: Partial<Journal>): Promise<void> {
  rotation.journal = { ...rotation.journal, ...change };
  await rotation.folder.write(rotation.journal);
}

/** Adds an entry to the journal. */
export async function record(rotation: Rotation, entry: Omit<JournalEntry, "at">): Promise<void> {
  const at = new Date().toISOString();
  const { entries } = rotation.journal;
  await writeJournal(rotation, { entries: [...entries, { ...entry, at, took: Math.round(entry.took) }] });
}

/** Returns what the steps are planned from. */
export function worldOf(begun: Journal | undefined, kept: string | undefined, state: RotationState): World {
  const differs = state.environment?.some((variable) => variable.state !== "same");
  return {
    begun: begun && { since: begun.since, target: begun.target ?? undefined },
    kept: kept === undefined ? undefined : sha256Of(kept),
    candidate: state.file.sha256 ?? undefined,
    lagging: state.services
      .filter(({ running, sha256 }) => !running || sha256 !== state.file.sha256)
      .map(({ name }) => name),
    environment: differs === undefined ? undefined : differs ? "different" : "same",
  };
}
