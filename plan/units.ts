/** Texts and places of the systemd units of a workstation. */
export * from "./units/names.ts";
export { assertService, assertTimer } from "./units/hourly-repair.ts";
export { collectService, collectTimer } from "./units/metrics-collector.ts";
export { userDropInPaths, userDropIns, type DropIn, type DropInFacts } from "./units/user-drop-ins.ts";
export { pathTemplate } from "./units/agent-path.ts";
export { backupTemplate, recheckTemplate, serviceTemplate } from "./units/agent-services.ts";
export { timerDropIn, timerDropInPath, timerTemplate } from "./units/agent-timer.ts";
