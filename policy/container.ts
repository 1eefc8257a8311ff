/** Reads the inputs of a container for the rules: mounts and older volumes, labels, variables, image. */
import * as z from "zod";
import { LABELS } from "../contract/container-labels.ts";

/** Resource type of a Docker container. */
export const CONTAINER = "docker:index/container:Container";

/** Label that holds the digest of the token which the container reads. */
export const DIGEST_LABEL = LABELS.sha256;

const text = z.string().default("");
const flag = z.boolean().default(false);

const shape = z
  .object({
    image: text,
    labels: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
    mounts: z.array(z.object({ source: text, target: text, readOnly: flag })).default([]),
    volumes: z.array(z.object({ hostPath: text, containerPath: text, readOnly: flag })).default([]),
    envs: z.array(z.string()).default([]),
  })
  .transform(({ image, labels, mounts, volumes, envs }) => ({
    image,
    labels: new Map(labels.map(({ label, value }) => [label, value])),
    mounts: [
      ...mounts,
      ...volumes.map((older) => ({ ...older, source: older.hostPath, target: older.containerPath })),
    ],
    /** Environment variables by name. */
    variables: new Map(envs.map(splitVariable)),
  }));

/** A container, as the rules see it. */
export type Container = Readonly<z.infer<typeof shape>>;

/** Reads a container's inputs. @throws ZodError for a shape that Docker's plugin would refuse as well */
export function readContainer(props: unknown): Container {
  return shape.parse(props);
}

function splitVariable(entry: string): [name: string, value: string] {
  const [name = "", ...value] = entry.split("=");
  return [name, value.join("=")];
}
