/** Questions and orders to systemd, a call for many units at once. */
import { ExpectedError, plainText } from "../lib/expected-error.ts";
import { describeEnd } from "../lib/process.ts";
import type { HostSystem } from "./system.ts";

/** A unit as systemd shows it. */
export interface UnitState {
  /** `enabled`, `disabled`, …; null when there is no such unit. */
  readonly enabled: string | null;
  /** `active`, `inactive`, `activating`, `failed`, …; null when there is no such unit. */
  readonly active: string | null;
  /** systemd has another version of the unit in memory than lies on the disk. */
  readonly stale: boolean;
  /** systemd's finer word, such as `auto-restart`; empty when there is none. */
  readonly sub: string;
  /** When a timer's calendar elapses next, in milliseconds since the epoch; null for every other unit. */
  readonly nextElapse: number | null;
}

/** Units a call: keeps argv and systemd's answer small. */
const CHUNK = 200;

/** The state of each unit, in the order of `units`. @throws {ExpectedError} when systemd does not answer */
export async function unitStates(
  system: HostSystem,
  units: readonly string[],
): Promise<readonly UnitState[]> {
  const states: UnitState[] = [];
  for (let at = 0; at < units.length; at += CHUNK) {
    const chunk = units.slice(at, at + CHUNK);
    const properties =
      "--property=LoadState,UnitFileState,ActiveState,SubState,NeedDaemonReload,NextElapseUSecRealtime";
    const found = parseUnitStates(await systemctl(system, ["show", properties, "--", ...chunk]));
    if (found.length !== chunk.length) {
      throw new ExpectedError(
        `systemctl showed ${found.length} of ${chunk.length} units; look at them on the host.`,
      );
    }
    states.push(...found);
  }
  return states;
}

/** Blocks of `Key=Value` lines, one a unit, apart by empty lines. */
export function parseUnitStates(text: string): readonly UnitState[] {
  const blocks = text.split(/\n\s*\n/).filter((block) => block.trim() !== "");
  return blocks.map((block) => {
    const values = new Map(block.split("\n").map((line): [string, string] => splitOnce(line)));
    const there = values.get("LoadState") !== "not-found";
    return {
      enabled: there ? (values.get("UnitFileState") ?? "") : null,
      active: there ? (values.get("ActiveState") ?? "") : null,
      stale: values.get("NeedDaemonReload") === "yes",
      sub: values.get("SubState") ?? "",
      nextElapse: utcTime(values.get("NextElapseUSecRealtime")),
    };
  });
}

/** A time as systemd shows it in UTC, `Tue 2026-11-24 18:00:00 UTC`, in milliseconds since the epoch. */
function utcTime(text = ""): number | null {
  const match = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text);
  return match === null ? null : Date.parse(`${match[1]}T${match[2]}Z`);
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf("=");
  return at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** Runs systemctl. @returns its standard output @throws {ExpectedError} with systemctl's own words */
export async function systemctl(system: HostSystem, args: readonly string[]): Promise<string> {
  const end = await system.systemctl(args);
  if (end.code === 0) return end.stdout;
  const said = plainText(end.stderr, 500);
  throw new ExpectedError(`systemctl ${args[0]} ${describeEnd(end)}${said === "" ? "" : `: ${said}`}`);
}
