/** What rules read of a container: both its mounts and the older volumes, labels, variables, and the image. */
import * as z from "zod";

/** Docker's type in the engine. */
export const CONTAINER = "docker:index/container:Container";

/** Label with the digest of the token that a container reads. */
export const DIGEST_LABEL = "claude-fleet.sha256";

const text = z.string().default("");
const flag = z.boolean().default(false);

const shape = z.object({
  image: text,
  labels: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
  mounts: z.array(z.object({ source: text, target: text, readOnly: flag })).default([]),
  volumes: z.array(z.object({ hostPath: text, containerPath: text, readOnly: flag })).default([]),
  envs: z.array(z.string()).default([]),
});

/** A path of the host that a container sees. */
export interface SeenMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface SeenContainer {
  readonly image: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly mounts: readonly SeenMount[];
  /** Variables by name. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Reads a container's inputs. @throws ZodError for a shape that Docker's plugin would refuse, too */
export function readContainer(props: unknown): SeenContainer {
  const { image, labels, mounts, volumes, envs } = shape.parse(props);
  const older = volumes.map(({ hostPath, containerPath, readOnly }) => ({
    source: hostPath,
    target: containerPath,
    readOnly,
  }));
  return {
    image,
    labels: new Map(labels.map(({ label, value }) => [label, value])),
    mounts: [...mounts, ...older],
    variables: new Map(envs.map(splitVariable)),
  };
}

function splitVariable(entry: string): [name: string, value: string] {
  const [name = "", ...value] = entry.split("=");
  return [name, value.join("=")];
}
