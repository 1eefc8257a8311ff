/** Texts and places of the systemd units of a workstation. */
export { AGENT, SERVICE_UNIT, TIMER_UNIT, UNIT_FOLDER, userService, userTimer } from "./units/names.ts";
export { serviceTemplate, userDropIn, userDropInPath, type DropInFacts } from "./units/service.ts";
export { timerDropIn, timerDropInPath, timerTemplate } from "./units/timer.ts";
