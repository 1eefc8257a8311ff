/** `node --import tsx mocked.ts USERS`: the whole program for that many users, under Pulumi's mocks; its time and memory are the figure. */
import { loadPlan } from "../../plan/load.ts";
import { registrationsOf } from "../../test/support/component/policy/fleet.ts";
import { scaleRoster } from "./plan.ts";

const plan = loadPlan({
  settings: { fleet: "scale", vault: { address: "https://vault.example.com" } },
  roster: { file: "roster.yaml", text: scaleRoster(Number(process.argv[2])) },
  projectFolder: "/",
});
process.stdout.write(`${(await registrationsOf(plan)).length} resources\n`);
