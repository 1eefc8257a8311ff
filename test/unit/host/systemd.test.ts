/** How the output of systemctl(1) is read. */
import { expect, test } from "vitest";
import { parseUnitStates } from "../../../host/systemd.ts";

test("each block of `systemctl show` is one state, in the same order", () => {
  const text =
    "NextElapseUSecRealtime=Thu 2026-01-01 00:00:01 UTC\nLoadState=loaded\nActiveState=active\nSubState=waiting\nUnitFileState=enabled\nNeedDaemonReload=yes\nInactiveExitTimestamp=Thu 2026-01-01 00:00:00 UTC\n\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n";
  expect(parseUnitStates(text)).toEqual([
    {
      ...{ enabled: "enabled", active: "active", sub: "waiting", stale: true },
      ...{ nextElapse: 1_767_225_601_000, startedAt: 1_767_225_600_000 },
    },
    { enabled: null, active: null, sub: "", stale: false, nextElapse: null, startedAt: null },
  ]);
});
