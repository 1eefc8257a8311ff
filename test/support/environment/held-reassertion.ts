/** Keeps the workstation from undoing by itself, on the hour, what a test has changed there. */
import type { DevEnvironment } from "../../../dev/environment.ts";
import { onWorkstation } from "./workstation.ts";

/** A drop-in of this boot alone: the plan's own files and the timer's state, which a review looks at, stay as they are. */
const HELD = "/run/systemd/system/claude-fleet-assert.service.d";

/** From now on the timer's service ends before it has begun. */
export async function holdReassertion(environment: DevEnvironment): Promise<void> {
  const condition = "[Unit]\\nConditionPathExists=/nonexistent\\n";
  await onWorkstation(
    environment,
    `mkdir -p ${HELD} && printf '${condition}' > ${HELD}/hold.conf && systemctl daemon-reload`,
  );
}

/** It runs again. */
export async function releaseReassertion(environment: DevEnvironment): Promise<void> {
  await onWorkstation(environment, `rm -rf ${HELD} && systemctl daemon-reload`);
}
