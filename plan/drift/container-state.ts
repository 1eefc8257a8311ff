/** Says in a clause why a container does not serve although it exists, from what its engine reports. */

/** The state of a container, in the engine's words. Null: a former version of the program did not report it. */
export interface ReportedState {
  readonly running: boolean;
  readonly status: string | null;
  readonly health?: string | null | undefined;
  /** Names and ids of the networks to which it is connected. */
  readonly networks: readonly string[] | null;
  /** Docker's network mode: `host`, `none`, `container:…`, or the network with which it was created. */
  readonly networkMode: string | null;
}

const STATUSES: Readonly<Record<string, string>> = {
  paused: "is paused, so its processes are frozen",
  restarting: "restarts again and again",
  dead: "is dead: the engine could not remove it",
  removing: "is being removed",
  created: "was created and never started",
};

/** Returns why the container does not serve; undefined when it does. A container whose first health check is due serves. */
export function stateFault({ running, status, health }: ReportedState): string | undefined {
  const known = STATUSES[status ?? ""];
  if (known !== undefined) return known;
  if (!running) return "does not run";
  return health === "unhealthy" ? "is unhealthy: its health check fails" : undefined;
}

/** Modes in which a container has no network of the engine. Those of Podman: podman-run(1), `--network`. */
const OWN_NETWORK = /^(?:host|none|private|pasta|slirp4netns|(?:container|ns):.*)/;

/** Returns the networks that the container lacks. @param wanted those of the plan; none: the one with which it was created */
function missingNetworks(
  { networks, networkMode }: ReportedState,
  wanted: readonly string[],
): readonly string[] {
  if (networks === null || networkMode === null) return [];
  if (wanted.length > 0) return wanted.filter((name) => !networks.includes(name));
  if (OWN_NETWORK.test(networkMode) || networks.includes(networkMode)) return [];
  // Docker's `default` is the network `bridge`, which may have been left for another one.
  if (["default", "", "bridge"].includes(networkMode)) return networks.length > 0 ? [] : ["bridge"];
  return [networkMode];
}

/** Returns a clause about the networks that the container lacks; undefined when it lacks none. */
export function networkFault(state: ReportedState, wanted: readonly string[] = []): string | undefined {
  const missing = missingNetworks(state, wanted);
  if (missing.length === 0) return undefined;
  return `is not connected to the network${missing.length === 1 ? "" : "s"} ${missing.join(" and ")}`;
}
