/** Entry of the one file that hosts run: the host program, its part that runs as a user, and the agent. */
import { agentMain } from "../agent/main.ts";
import { collectMain } from "../host/metrics/collect.ts";
import { observerMain } from "../host/observer/main.ts";
import { repairMain } from "../host/repair/repair-host.ts";
import { serve } from "../host/serve.ts";
import { endWithHangingStep } from "../lib/home-deadline.ts";
import { userMain } from "../host/as-user/main.ts";

async function main(args: readonly string[]): Promise<number> {
  switch (args[0]) {
    case "serve":
      return serve(process.stdin, process.stdout);
    case "observe":
      return observerMain();
    case "assert":
      return repairMain();
    case "collect":
      return collectMain();
    case "user":
      return userMain(args.slice(1));
    case "agent":
      return agentMain(args.slice(1));
    default:
      process.stderr.write("usage: claude-fleet-host assert | collect | observe | serve < request.json\n");
      return 2;
  }
}

// One thread for each home that does not answer, before the first step needs one. Four would be the default.
process.env["UV_THREADPOOL_SIZE"] ??= "64";

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // An operator who keeps the connection open must not keep the program alive.
  process.stdin.destroy();
  endWithHangingStep();
});
