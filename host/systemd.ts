/** Reads and changes units of systemd, many with each call. */
import { ExpectedError } from "../lib/expected-error.ts";
import { describeEnd } from "../lib/process.ts";
import type { HostSystem } from "./system.ts";
import { plainText } from "../lib/printable.ts";

/** Describes a unit, in systemd's words. */
type UnitState = ReturnType<typeof parseUnitState>;

/** Units in one call, so that argv and the answer stay small. */
const CHUNK = 200;

/** Returns the state of each unit, in the order of `units`. @throws {ExpectedError} when systemd does not answer */
export async function unitStates(
  system: HostSystem,
  units: readonly string[],
): Promise<readonly UnitState[]> {
  const states: UnitState[] = [];
  for (let at = 0; at < units.length; at += CHUNK) {
    const chunk = units.slice(at, at + CHUNK);
    const properties =
      "--property=LoadState,UnitFileState,ActiveState,SubState,NeedDaemonReload,NextElapseUSecRealtime,InactiveExitTimestamp";
    const found = parseUnitStates(await systemctl(system, ["show", properties, "--", ...chunk]));
    if (found.length !== chunk.length) {
      throw new ExpectedError(
        `systemctl show printed ${found.length} of ${chunk.length} units; run \`systemctl show ${chunk[0]}\` on the host.`,
      );
    }
    states.push(...found);
  }
  return states;
}

/** Parses blocks of `Key=Value` lines, one for each unit, with empty lines between them. */
export function parseUnitStates(text: string): readonly UnitState[] {
  const blocks = text.split(/\n\s*\n/).filter((block) => block.trim() !== "");
  return blocks.map(parseUnitState);
}

function parseUnitState(block: string) {
  const value = (key: string) => propertyOf(block, key);
  const there = value("LoadState") !== "not-found";
  return {
    /** `enabled`, `disabled`, …; null when the unit does not exist. */
    enabled: there ? value("UnitFileState") : null,
    /** `active`, `inactive`, `failed` or the like; null when the unit does not exist. */
    active: there ? value("ActiveState") : null,
    /** Whether systemd uses another version of the unit than the file on the disk. */
    stale: value("NeedDaemonReload") === "yes",
    /** systemd's finer state, such as `auto-restart`; empty when there is none. */
    sub: value("SubState"),
    /** When a timer's calendar elapses next, in milliseconds since the epoch; null for every other unit. */
    nextElapse: utcTime(value("NextElapseUSecRealtime")),
    /** When the unit was started last, in milliseconds since the epoch; null when it was not started since the boot. */
    startedAt: utcTime(value("InactiveExitTimestamp")),
  };
}

/** Returns the value of a property as `systemctl show` prints it; empty when it is missing. */
export function propertyOf(text: string, key: string): string {
  return new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "";
}

/** Parses a time such as `Tue 2026-11-24 18:00:00 UTC` into milliseconds since the epoch; null for any other text. */
function utcTime(text: string): number | null {
  const match = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text);
  return match === null ? null : Date.parse(`${match[1]}T${match[2]}Z`);
}

/** Runs systemctl. @returns its standard output @throws {ExpectedError} with its own message */
export async function systemctl(system: HostSystem, args: readonly string[]): Promise<string> {
  const end = await system.systemctl(args);
  if (end.code === 0) return end.stdout;
  const words = plainText(end.stderr, 500);
  throw new ExpectedError(`systemctl ${args[0]} ${describeEnd(end)}${words === "" ? "" : `: ${words}`}`);
}
