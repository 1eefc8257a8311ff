/** Compares what a container was created with and the settings of its service. */
import type { TokenFileObservation } from "../../contract/token-file.ts";
import type { ContainerPlan, ServicePlan } from "../model.ts";

type FoundSettings = NonNullable<NonNullable<TokenFileObservation["containers"]>[number]["settings"]>;

/** Returns what differs, one clause each. What the settings leave to the image is not compared. */
export function containerSettingsFaults(
  plan: ContainerPlan,
  found: FoundSettings,
  { target }: ServicePlan,
): readonly string[] {
  const lacks = (what: string, wanted: readonly string[], present: readonly string[]) => {
    const missing = wanted.filter((one) => !present.includes(one));
    return missing.length === 0 ? [] : [`lacks the ${what} ${missing.join(", ")}`];
  };
  const differs = (what: string, is: string, wanted: string | undefined) =>
    wanted === undefined || is === wanted
      ? []
      : [`has the ${what} ${is || "of its image"} instead of ${wanted}`];
  const words = (list: readonly string[] | undefined) =>
    list === undefined ? undefined : JSON.stringify(list);
  const mounts = plan.mounts.map(
    ({ source, target, readOnly }) => `${source}:${target}:${readOnly ? "ro" : "rw"}`,
  );
  const ports = plan.ports.map(
    ({ ip, external, internal, protocol }) => `${ip}:${external}:${internal}/${protocol}`,
  );
  const added = found.mounts.filter((mount) => !mounts.includes(mount) && !mount.includes(`:${target}:`));
  return [
    ...differs("image", found.image, plan.image),
    ...differs("user", found.user, plan.user),
    ...differs("command", JSON.stringify(found.command), words(plan.command)),
    ...differs("entry point", JSON.stringify(found.entrypoint), words(plan.entrypoint)),
    ...differs("restart policy", found.restart, plan.restart),
    ...lacks(
      "variables",
      plan.environment.map(([name]) => name),
      found.variables,
    ),
    ...lacks("mounts", mounts, found.mounts),
    ...lacks("ports", ports, found.ports),
    ...(added.length === 0 ? [] : [`mounts ${added.join(", ")}, which the settings do not have`]),
  ];
}
