/** The two images of the dev environment, made on this machine: the workstation's Debian, and the services'. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ExpectedError } from "../lib/expected-error.ts";
import { start } from "../lib/process.ts";
import { baseImageArchive, baseImageKey } from "./base-image.ts";
import { nodeBinary, NODE_VERSION } from "./pinned-programs.ts";
import { contentKey } from "../lib/cache.ts";
import { checkout, LABEL } from "./checkout.ts";
import type { Engine } from "./engine.ts";
import type { Say } from "../lib/say.ts";

const SERVICES = join(checkout.root, "dev/services");
const SERVICE_FILES = ["Dockerfile", "healthcheck", "service.cjs"];

/** `name:tag` of the workstation's image; the tag says what it is made from. */
export const workstationImage = `${checkout.prefix}/workstation:${baseImageKey}`;

/** `name:tag` of the services' image. */
export const serviceImage = `${checkout.prefix}/service:${contentKey(
  baseImageKey,
  NODE_VERSION,
  SERVICE_FILES.map((name) => readFileSync(join(SERVICES, name), "utf8")),
)}`;

/** Imports the workstation's image where it is missing. */
export async function ensureWorkstationImage({ docker }: Engine, say: Say): Promise<string> {
  if (await imageExists(docker, workstationImage)) return "already there";
  const archive = await baseImageArchive(say);
  say(`imports ${archive}`);
  const [repo, tag] = workstationImage.split(":");
  const changes = [`LABEL ${LABEL}=${checkout.id}`];
  await finished(docker, await docker.importImage(archive, { repo, tag, changes }));
  return workstationImage;
}

/** Builds the services' image where it is missing; needs the workstation's. */
export async function ensureServiceImage({ docker }: Engine, say: Say): Promise<string> {
  if (await imageExists(docker, serviceImage)) return "already there";
  const node = await nodeBinary(say);
  say("builds it");
  const files = ["-C", SERVICES, ...SERVICE_FILES, "-C", dirname(node), "node"];
  const context = start("tar", ["-c", "-f", "-", ...files], {
    env: process.env,
    stdio: ["ignore", "pipe", "inherit"],
    buffer: false,
  });
  const build = await docker.buildImage(context.stdout, {
    t: serviceImage,
    labels: { [LABEL]: checkout.id },
    buildargs: { BASE: workstationImage },
    networkmode: "none",
  });
  await finished(docker, build);
  return serviceImage;
}

async function imageExists(docker: Engine["docker"], name: string): Promise<boolean> {
  const images = await docker.listImages({ filters: { reference: [name] } });
  return images.length > 0;
}

/** Waits for an operation that answers with a stream of progress. @throws {ExpectedError} when the engine says that it failed */
async function finished(docker: Engine["docker"], stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, output: readonly { error?: string }[]) => {
      const failure = error?.message ?? output.find((entry) => entry.error !== undefined)?.error;
      if (failure === undefined) resolve();
      else reject(new ExpectedError(`The Docker engine could not make an image: ${failure}`));
    });
  });
}
