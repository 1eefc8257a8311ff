/** Describes how a workstation drifts from its plan: record, program, files and units of the host, and its users. */
import type { HostPlan } from "../../contract/host-plan.ts";
import type { WorkstationObservation } from "../../contract/workstation.ts";
import { fromHost } from "../../lib/printable.ts";
import { planDigest } from "../digests.ts";
import { outsideNetworks } from "../vault/bound-networks.ts";
import { withCounter } from "./apply-counter.ts";
import { unitState } from "./units.ts";
import { unenrolDrift, userDrift } from "./workstation-users.ts";
import { sha256Of, shortDigest } from "../../lib/sha256.ts";

/** What a review of one workstation found. Each entry is a sentence without a full stop. */
export interface WorkstationDrift {
  /** What an apply repairs: `<thing>: <what differs> (apply N, F)`. */
  readonly apply: readonly string[];
  /** What an unenrolment repairs. */
  readonly unenrol: readonly string[];
  /** What is unknown. A review with such an entry does not call the host healthy. */
  readonly unknown: readonly string[];
  /** What the host lacks and no `up` repairs. */
  readonly missing: readonly string[];
}

/** Compares a workstation with its plan. */
export function workstationDrift(
  plan: HostPlan,
  observation: WorkstationObservation | "unreachable",
): WorkstationDrift {
  if (observation === "unreachable") {
    return { apply: [], unenrol: [], missing: [], unknown: [`workstation ${plan.host}: it does not answer`] };
  }
  const counted = (drift: string) => withCounter(drift, "apply", observation);
  const files = fileDrift(plan, observation);
  const users = userDrift(plan, observation);
  const firstApply = observation.generation === 0;
  const drifts = firstApply
    ? [
        `workstation ${plan.host}: nothing has been applied here${ownNode(observation)}`,
        ...trustDrift(observation),
        ...foreignFiles(plan, observation),
      ]
    : [
        ...recordDrift(plan, observation),
        ...programDrift(plan, observation),
        ...trustDrift(observation),
        ...files.drifts,
        ...observation.former.map((path) => `file ${fromHost(path)}: is not in the plan any more`),
        ...hostUnitDrift(observation),
        ...users.drifts,
      ];
  return {
    apply: drifts.map(counted),
    unenrol: unenrolDrift(plan, observation).map(counted),
    unknown: firstApply ? [] : [...files.unknown, ...users.unknown],
    missing: [...observation.missing.map(fromHost), ...outsideNetworks(plan, observation)].map(
      (sentence) => `workstation ${plan.host}: ${sentence}`,
    ),
  };
}

/** Names the files of others in places where a first apply will write. */
function foreignFiles(plan: HostPlan, { files }: WorkstationObservation): string[] {
  const end = plan.renewal.adopt
    ? "the apply replaces it"
    : "the apply fails until the file is moved away on the host, or `adopt: true` is set";
  const places = new Set(plan.files.map(({ path }) => path));
  return files
    .filter(({ foreign, path }) => foreign && places.has(path))
    .map(({ path }) => `file ${fromHost(path)}: is not claude-fleet's; ${end}`);
}

/** Compares the recorded plan. The hourly repair believes that record, so the host cannot check it by itself. */
function recordDrift(plan: HostPlan, { plan: recorded }: WorkstationObservation): string[] {
  if (recorded === null) return ["record: the recorded plan is missing or damaged"];
  return recorded === planDigest(plan) ? [] : ["record: holds another plan"];
}

/** Says what an apply does on a host without Node, as the end of a sentence. */
function ownNode({ node }: WorkstationObservation): string {
  return node === "own" ? "; there is no Node 20 or newer, so the program comes with its own" : "";
}

function programDrift(plan: HostPlan, observation: WorkstationObservation): string[] {
  const { program } = observation;
  if (program === null) return [`program: is missing or altered${ownNode(observation)}`];
  if (program.sha256 === plan.program.sha256) return [];
  const found = `${fromHost(program.version)} ${shortDigest(program.sha256)}`;
  return [`program: is ${found} instead of ${plan.program.version} ${shortDigest(plan.program.sha256)}`];
}

/** Names what lets others change what root runs or believes. An apply fails for what the fleet does not own. */
function trustDrift({ untrusted }: WorkstationObservation): string[] {
  return untrusted.map(({ path, why, own }) => {
    const end = own ? "" : "; only root may be able to change it, and no apply repairs that";
    return `${fromHost(path)}: ${fromHost(why)}${end}`;
  });
}

function fileDrift(plan: HostPlan, { files }: WorkstationObservation) {
  const observed = new Map(files.map((file) => [file.path, file]));
  const unreported = plan.files.filter(({ path }) => !observed.has(path));
  return {
    unknown: unreported.map(({ path }) => `file ${path}: workstation ${plan.host} did not report it`),
    drifts: plan.files.flatMap((file) => {
      const found = observed.get(file.path);
      return found === undefined ? [] : oneFileDrift(file, found).map((what) => `file ${file.path}: ${what}`);
    }),
  };
}

function oneFileDrift(
  file: HostPlan["files"][number],
  found: WorkstationObservation["files"][number],
): string[] {
  if (found.sha256 === null) return ["is missing"];
  const drifts: string[] = [];
  if (found.sha256 !== sha256Of(file.content)) {
    drifts.push(
      found.applied
        ? "is unchanged since the last apply, but the plan has a new version"
        : `has been edited; its digest is ${shortDigest(found.sha256)}`,
    );
  }
  if (found.mode !== null && found.mode !== file.mode) {
    drifts.push(`has the mode ${fromHost(found.mode)} instead of ${file.mode}`);
  }
  return drifts;
}

function hostUnitDrift({ units }: WorkstationObservation): string[] {
  return units.flatMap(({ name, enabled, active }) =>
    unitState("unit", enabled, active).map((what) => `unit ${fromHost(name)}: ${what}`),
  );
}
