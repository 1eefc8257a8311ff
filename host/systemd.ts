/** Reads and changes units of systemd, many with each call. */
import { ExpectedError } from "../lib/expected-error.ts";
import { describeEnd } from "../lib/process.ts";
import type { HostSystem } from "./system.ts";
import { plainText } from "../lib/printable.ts";

/** Describes a unit, in systemd's words. */
export interface UnitState {
  /** `enabled`, `disabled`, …; null when the unit does not exist. */
  readonly enabled: string | null;
  /** `active`, `inactive`, `failed` or the like; null when the unit does not exist. */
  readonly active: string | null;
  /** Whether systemd uses another version of the unit than the one on the disk. */
  readonly stale: boolean;
  /** systemd's finer state, such as `auto-restart`; empty when there is none. */
  readonly sub: string;
  /** When a timer's calendar elapses next, in milliseconds since the epoch; null for every other unit. */
  readonly nextElapse: number | null;
}

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
      "--property=LoadState,UnitFileState,ActiveState,SubState,NeedDaemonReload,NextElapseUSecRealtime";
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

/** Parses a time such as `Tue 2026-11-24 18:00:00 UTC` into milliseconds since the epoch; null for any other text. */
function utcTime(text = ""): number | null {
  const match = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text);
  return match === null ? null : Date.parse(`${match[1]}T${match[2]}Z`);
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf("=");
  return at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** Runs systemctl. @returns its standard output @throws {ExpectedError} with its own message */
export async function systemctl(system: HostSystem, args: readonly string[]): Promise<string> {
  const end = await system.systemctl(args);
  if (end.code === 0) return end.stdout;
  const words = plainText(end.stderr, 500);
  throw new ExpectedError(`systemctl ${args[0]} ${describeEnd(end)}${words === "" ? "" : `: ${words}`}`);
}
