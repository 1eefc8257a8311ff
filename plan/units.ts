/** Texts and places of the systemd units of a workstation. */
export * from "./units/names.ts";
export { assertService, assertTimer } from "./units/assert.ts";
export { collectService, collectTimer } from "./units/collect.ts";
export { userDropInPaths, userDropIns, type DropIn, type DropInFacts } from "./units/drop-ins.ts";
export { pathTemplate } from "./units/path.ts";
export { backupTemplate, recheckTemplate, serviceTemplate } from "./units/service.ts";
export { timerDropIn, timerDropInPath, timerTemplate } from "./units/timer.ts";
