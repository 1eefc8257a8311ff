/** What one run of a user's service has said. */
import { expect } from "vitest";
import type { ServiceRun } from "./workstation.ts";

/** The one line of a run, without the time before it in sync.log; asserts that the journal has the same. */
export function lineOf(ran: ServiceRun): string {
  const [line = "", ...rest] = ran.journal.trimEnd().split("\n");
  expect(rest).toEqual([]);
  expect(ran.log).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z .*\n$/);
  expect(ran.log.slice(ran.log.indexOf(" ") + 1)).toBe(`${line}\n`);
  return line;
}
