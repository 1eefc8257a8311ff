/** A Docker engine without root, as a login of a token host runs it for itself (RootlessKit). */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { startEngine, type TestEngine } from "./test-engine.ts";

/** The login that the engine belongs to. The machine needs no account with this name or number. */
export interface EngineLogin {
  readonly name: string;
  readonly uid: number;
}

/** The host's number of the containers' first user that is not root. */
const FIRST_UID = 400_000;

/**
 * Starts it in `folder`, which becomes the login's, with the services' image in it.
 * @param image of the environment's engine
 * @throws Error with its log when it does not come up
 */
export async function startRootlessEngine(
  environment: DevEnvironment,
  { folder, login: { name, uid }, image }: { folder: string; login: EngineLogin; image: string },
): Promise<TestEngine> {
  const run = join(folder, "run");
  await mkdir(run, { mode: 0o700 });
  for (const path of [folder, run]) await chown(path, uid, uid);
  const accounts = {
    passwd: `root:x:0:0::/root:/bin/sh\n${name}:x:${uid}:${uid}::${folder}:/bin/sh\n`,
    group: `root:x:0:\n${name}:x:${uid}:\n`,
    subuid: `${name}:${FIRST_UID}:65536\n`,
    subgid: `${name}:${FIRST_UID}:65536\n`,
  };
  for (const [file, text] of Object.entries(accounts)) await writeFile(join(folder, file), text);
  // The engine has a mount namespace of its own, so that no other process sees these accounts.
  const script = [
    "from=$1; shift",
    `for file in ${Object.keys(accounts).join(" ")}; do mount --bind "$from/$file" "/etc/$file"; done`,
    `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups "$@"`,
  ].join("; ");
  // The engine clears away what root's has left in /run: a copy of it is its own.
  const rootlesskit = [
    "rootlesskit",
    "--net=host",
    "--copy-up=/etc",
    "--copy-up=/run",
    "--propagation=rslave",
  ];
  const inside = 'rm -f /run/docker /run/containerd /run/xtables.lock; exec "$@"';
  const { PATH } = process.env;
  return startEngine(environment, {
    folder,
    wrapper: [
      "unshare",
      "--mount",
      "sh",
      "-ec",
      script,
      "sh",
      folder,
      ...rootlesskit,
      "sh",
      "-ec",
      inside,
      "sh",
    ],
    env: { PATH, HOME: folder, XDG_RUNTIME_DIR: run },
    image,
  });
}
