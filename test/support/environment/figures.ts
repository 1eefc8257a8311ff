/** What root renders about the users of the test environment's workstation. */
import type { DevEnvironment } from "../../../dev/environment.ts";
import { FLEET } from "./vault.ts";
import { onWorkstation } from "./workstation.ts";

/** Where node_exporter finds it. */
export const TEXTFILE = "/var/lib/claude-fleet/metrics/claude_fleet.prom";

/** What the collector's own service renders now: values by everything that stands before them. */
export async function collect(environment: DevEnvironment): Promise<ReadonlyMap<string, number>> {
  const text = await onWorkstation(
    environment,
    `systemctl start claude-fleet-collect.service && cat ${TEXTFILE}`,
  );
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** What stands before the value of a user's figure. @param more further labels, as `,name="value"` */
export const figureOf = (name: string, user: string, more = "") =>
  `claude_fleet_user_${name}{fleet="${FLEET}",workstation="devvm",user="${user}"${more}}`;
