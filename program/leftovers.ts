/** Clears a container's name of what a killed rollout has left, at the only moment at which nobody else has it. */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { hostCommandLine } from "../components/host-command.ts";
import type { CommandInput } from "../contract/command-input.ts";
import { canonicalJson } from "../lib/canonical-json.ts";

/**
 * A hook that runs `clear` on the token's host. The engine calls it when it is about to make a container, after it has
 * removed the one that the state knows: a container of that name is then one which the state never got to know.
 * @param name of the resource that it is for
 */
export function clearLeftover(name: string, request: CommandInput<"clear">): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-clear`, async () => {
    await command.local.run({
      command: hostCommandLine("clear"),
      stdin: canonicalJson(request),
      logging: command.local.Logging.None,
    });
  });
}
