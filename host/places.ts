/** Where the fleet's files lie on a workstation. */
import { join } from "node:path";
import type { HostSystem } from "./system.ts";

/** Returns the absolute paths of what root keeps on the host, below the system's root. */
export function hostPlaces(system: HostSystem) {
  const at = (path: string) => join(system.root, path);
  return {
    at,
    /** Holds one fleet record in each folder. */
    fleets: at("/etc/claude-fleet"),
    /** Holds one folder for each program version, and the link `current`. */
    programs: at("/usr/local/lib/claude-fleet"),
    machineId: at("/etc/machine-id"),
    /** Holds what the host's own units write. */
    state: at("/var/lib/claude-fleet"),
    /** Counts of the last hourly repair. */
    lastRepair: at("/var/lib/claude-fleet/assert.json"),
    /** The folder for node_exporter's --collector.textfile.directory. */
    metrics: at("/var/lib/claude-fleet/metrics"),
    textfile: at("/var/lib/claude-fleet/metrics/claude_fleet.prom"),
  };
}
