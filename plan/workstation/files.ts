/** Every file that an apply writes on a workstation, and that the hourly repair writes again. */
import type { HostFile } from "../../contract/fields.ts";
import type { FleetPlan, WorkstationPlan } from "../model.ts";
import { compareText } from "../../lib/order.ts";
import * as names from "../units/names.ts";
import { POLKIT_RULES, polkitRules } from "./polkit.ts";
import { backupTemplate, recheckTemplate, serviceTemplate } from "../units/agent-services.ts";
import { pathTemplate, timerDropIn, timerTemplate } from "../units/agent-triggers.ts";
import { assertService, assertTimer, collectService, collectTimer } from "../units/host-services.ts";

/** Returns the files that need no fact about an account. The host renders the others: see ../units/user-drop-ins.ts. */
export function workstationFiles(fleet: FleetPlan, workstation: WorkstationPlan): readonly HostFile[] {
  const file = (path: string, content: string): HostFile => ({ path, mode: "0644", content });
  const unit = (name: string, content: string) => file(`${names.UNIT_FOLDER}/${name}`, content);
  return [
    unit(names.SERVICE_UNIT, serviceTemplate()),
    unit(names.TIMER_UNIT, timerTemplate()),
    unit(names.PATH_UNIT, pathTemplate()),
    unit(names.BACKUP_UNIT, backupTemplate()),
    unit(names.RECHECK_UNIT, recheckTemplate()),
    unit(names.COLLECT_SERVICE, collectService()),
    unit(names.COLLECT_TIMER, collectTimer()),
    unit(names.ASSERT_SERVICE, assertService()),
    unit(names.ASSERT_TIMER, assertTimer()),
    file(POLKIT_RULES, polkitRules()),
    ...workstation.users
      .filter(({ renewal }) => renewal)
      .map(({ name }) => file(names.dropInPath(names.userTimer(name)), timerDropIn(fleet, name))),
  ].sort((a, b) => compareText(a.path, b.path));
}
