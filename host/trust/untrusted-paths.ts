/** Names everything by which somebody else than root could change what root runs or believes on a workstation. */
import { dirname } from "node:path";
import type { HostPlan } from "../../contract/host-plan.ts";
import type { UntrustedPath } from "../../contract/workstation.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import { plainText } from "../../lib/printable.ts";
import { shellWord } from "../../lib/shell-words.ts";
import type { HostSystem } from "../system.ts";
import type { FleetRecord } from "../workstation/fleet-record.ts";
import { hostNode } from "../workstation/installed-program.ts";
import { ownFaults } from "./own-place.ts";
import { ownPlaces } from "./own-places.ts";
import { systemFaults, type PathFault } from "./system-paths.ts";

/** Returns the faults of the fleet's own places, of Node, and of every folder above them. */
export async function untrustedPaths(
  system: HostSystem,
  plan: HostPlan,
  record: FleetRecord,
): Promise<UntrustedPath[]> {
  const places = await ownPlaces(system, plan, record);
  const own = new Set(places.map(({ path }) => path));
  const folders = new Set([...own].map((path) => dirname(path)).filter((folder) => !own.has(folder)));
  const node = await hostNode(system);
  const [faults, above, nodeFaults] = await Promise.all([
    Promise.all(places.map((place) => ownFaults(system, place))),
    systemFaults(system, [...folders]),
    systemFaults(system, node === undefined ? [] : [node]),
  ]);
  // Root does not run such a Node; an apply installs the program with a Node of its own.
  const named = nodeFaults.map(({ path, why }) => ({ path, why: `${why}, and the program runs on ${node}` }));
  return [
    ...above.map((fault) => described(fault, false)),
    ...[...faults.flat(), ...named].map((fault) => described(fault, true)),
  ].slice(0, PROTOCOL_LIMITS.untrusted);
}

function described({ path, why }: PathFault, own: boolean): UntrustedPath {
  return { path: plainText(path, 4096), why: plainText(why, PROTOCOL_LIMITS.sentence), own };
}

/** Returns the problem of a path that the fleet does not own. An apply installs nothing that others could replace. */
export function untrustedProblem({ path, why }: UntrustedPath): string {
  const word = shellWord(path);
  return `${path} ${why}. Only root may be able to change it: correct it by \`chown root:root ${word}\` or \`chmod go-w ${word}\` on the host, and check what lies there.`;
}
