/** Every file that an apply writes on a workstation, and that the hourly repair writes again. */
import type { HostFile } from "../../contract/fields.ts";
import type { FleetPlan, WorkstationPlan } from "../model.ts";
import { compareText } from "../../lib/order.ts";
import { sudoersPath, sudoersRule } from "./sudoers.ts";
import * as names from "../units/names.ts";
import { backupTemplate, recheckTemplate, serviceTemplate } from "../units/agent-services.ts";
import {
  commandScript,
  nowPathTemplate,
  nowServiceTemplate,
  pathTemplate,
  timerDropIn,
  timerTemplate,
} from "../units/agent-triggers.ts";
import { assertService, assertTimer, collectService, collectTimer } from "../units/host-services.ts";

/**
 * Files of former versions, which an apply removes. The polkit rule let users start their own service. polkit does not learn
 * the job mode, so any user could cancel other services' jobs by it.
 */
export const FORMER_FILES: readonly string[] = ["/etc/polkit-1/rules.d/50-claude-fleet.rules"];

/** Returns the files that need no fact about an account. The host renders the others: see ../units/user-drop-ins.ts. */
export function workstationFiles(fleet: FleetPlan, workstation: WorkstationPlan): readonly HostFile[] {
  const renewed = workstation.users.filter(({ renewal }) => renewal).map(({ name }) => name);
  const file = (path: string, content: string, mode = "0644"): HostFile => ({ path, mode, content });
  const unit = (name: string, content: string) => file(`${names.UNIT_FOLDER}/${name}`, content);
  return [
    unit(names.SERVICE_UNIT, serviceTemplate()),
    unit(names.TIMER_UNIT, timerTemplate()),
    unit(names.PATH_UNIT, pathTemplate()),
    unit(names.NOW_PATH, nowPathTemplate()),
    unit(names.NOW_SERVICE, nowServiceTemplate()),
    unit(names.BACKUP_UNIT, backupTemplate()),
    unit(names.RECHECK_UNIT, recheckTemplate()),
    unit(names.COLLECT_SERVICE, collectService()),
    unit(names.COLLECT_TIMER, collectTimer()),
    unit(names.ASSERT_SERVICE, assertService()),
    unit(names.ASSERT_TIMER, assertTimer()),
    file(names.COMMAND, commandScript(), "0755"),
    ...(fleet.renewal.sudoers ? [file(sudoersPath(fleet.fleet), sudoersRule(renewed), "0440")] : []),
    ...renewed.map((name) => file(names.dropInPath(names.userTimer(name)), timerDropIn(fleet, name))),
  ].sort((a, b) => compareText(a.path, b.path));
}
