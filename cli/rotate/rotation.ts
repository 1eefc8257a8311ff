/** A rotation under way: what its steps share. */
import { hostname, userInfo } from "node:os";
import { createHash } from "node:crypto";
import type { RotationState } from "../../contract/rotation.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import type { StepName, World } from "../../plan/rotation/steps.ts";
import { connectionOf } from "../../plan/requests/connection.ts";
import { hostToken, rotationStateRequest } from "../../plan/requests/token.ts";
import { askHost } from "../../remote/ask.ts";
import type { TokenTarget } from "../stack/find-token.ts";
import type { Journal, RotationFolder } from "./journal.ts";
import type { ActionName, RequestOf, ResultOf } from "../../contract/actions.ts";

/** Where a token comes from. */
export type Source = "setup-token" | "login" | "stdin";

/** What the operator asks for. */
export interface RotateOptions {
  readonly source: Source;
  readonly reason: string | undefined;
  readonly from: StepName | undefined;
  /** Asks nothing. */
  readonly yes: boolean;
  readonly takeOver: boolean;
  /** Absolute path of the CLI on this machine; undefined: found. */
  readonly claude: string | undefined;
}

/** Tells what a step does at this moment. */
export type Say = (message: string) => void;

/** Everything that the steps share. */
export interface Rotation {
  readonly target: TokenTarget;
  readonly options: RotateOptions;
  readonly folder: RotationFolder;
  readonly signal: AbortSignal;
  /** Changes while the rotation goes on; written to the disk by {@link remember}. */
  journal: Journal;
  /** What the host looked like at the start. */
  state: RotationState;
  /** Whether the plan leaves it to be done to obtain a token. */
  mints: boolean;
  /** What is to be told to others beside the steps themselves, such as the old token's fate. */
  readonly findings: string[];
}

/** Somebody else's rotation is under way. */
export class LockedError extends ExpectedError {}

/** Asks the token's host. */
export function ask<Name extends ActionName>(
  { target, signal }: Pick<Rotation, "target" | "signal">,
  request: RequestOf<Name>,
  say?: Say,
): Promise<ResultOf<Name>> {
  return askHost({
    connection: connectionOf(target.plan, target.token),
    request,
    signal,
    hear: (event) => {
      if (event.event === "progress") say?.(event.message);
    },
  });
}

/** How far the host is now. */
export function lookAtHost(rotation: Pick<Rotation, "target" | "signal">): Promise<RotationState> {
  const { plan, token } = rotation.target;
  return ask(rotation, rotationStateRequest(plan, token));
}

/** Who rotates, as others are told. */
export function operatorName(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** Takes the lock on the host, or shows that this rotation still has it. @throws {LockedError} when somebody else has it */
export async function holdLock(rotation: Rotation, takeOver: boolean): Promise<void> {
  const { plan, token } = rotation.target;
  const owner = { id: rotation.journal.id, by: operatorName() };
  const request = { action: "rotation-lock", token: hostToken(plan, token), owner, takeOver } as const;
  const { held, mark } = await ask(rotation, request);
  if (held) return;
  throw new LockedError(
    `${mark.by} rotates ${token.name} since ${mark.since} and was last seen ${age(mark.seen)} ago; wait for the end, or take the rotation over by --take-over once you know that nobody is at it.`,
  );
}

/** `3 min`: how long ago a time was. */
export function age(time: string, nowMs = Date.now()): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** Puts a change of the journal on the disk. */
export async function remember(rotation: Rotation, change: Partial<Journal>): Promise<void> {
  rotation.journal = { ...rotation.journal, ...change };
  await rotation.folder.write(rotation.journal);
}

/** What the steps are planned from. */
export function worldOf(begun: Journal | undefined, kept: string | undefined, state: RotationState): World {
  const different = state.environment?.some((variable) => variable.state !== "same");
  return {
    begun: begun && { since: begun.since, target: begun.target ?? undefined },
    kept: kept === undefined ? undefined : sha256Of(kept),
    candidate: state.file.sha256 ?? undefined,
    lagging: state.services
      .filter(({ running, sha256 }) => !running || sha256 !== state.file.sha256)
      .map(({ name }) => name),
    environment: different === undefined ? undefined : different ? "different" : "same",
  };
}

/** Hexadecimal digest of a text. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
