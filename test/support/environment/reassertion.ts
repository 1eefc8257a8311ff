/** The hourly repair of the test environment's workstation, started by hand. */
import type { DevEnvironment } from "../../../dev/environment.ts";
import { onWorkstation } from "./workstation.ts";

/** The service of the hourly repair, without its ending. */
export const REPAIR = "claude-fleet-assert";

/** Runs the service once. @returns what it wrote to the journal */
export async function reasserted(environment: DevEnvironment): Promise<readonly string[]> {
  const script = [
    `systemctl start ${REPAIR}.service || echo "the service failed"`,
    "journalctl --sync",
    `invocation=$(systemctl show ${REPAIR}.service -p InvocationID --value)`,
    'journalctl -q -o cat _SYSTEMD_INVOCATION_ID="$invocation"',
  ].join("\n");
  const text = await onWorkstation(environment, "sh -eus", script);
  return text.split("\n").filter((line) => line !== "");
}
