/** The disk for one process. Each call is a step of that process. */
import type { Disk } from "./disk.ts";
import type { Process } from "./kernel.ts";
import type { Files } from "../../../lib/machine-ports.ts";

/** @param changing wraps every call that can change something, when it happens */
export function processFiles(
  process: Process,
  disk: Disk,
  changing: <T>(change: () => T) => T = (change) => change(),
): Files {
  const look = <T>(effect: () => T): Promise<T> => process.step(effect);
  const change = <T>(effect: () => T): Promise<T> => process.step(() => changing(effect));
  return {
    read: (path, maxBytes) => look(() => disk.read(path, maxBytes)),
    ownTarget: () => look(() => undefined),
    state: (path) => look(() => disk.state(path)),
    list: (path) => look(() => disk.list(path)),
    create: (path, text) => change(() => disk.create(path, text)),
    sync: (path) => change(() => disk.sync(path)),
    rename: (from, to) => change(() => disk.rename(from, to)),
    syncFolder: (path) => change(() => disk.syncFolder(path)),
    append: (path, text) => change(() => disk.append(path, text)),
    remove: (path) => change(() => disk.remove(path)),
    chmod: (path, mode) => change(() => disk.chmod(path, mode)),
    makeFolder: (path) => change(() => disk.makeFolder(path)),
    makeLock: (path) => change(() => disk.makeLock(path)),
    removeFolder: (path) => change(() => disk.removeFolder(path)),
    touch: (path, milliseconds) => change(() => disk.touch(path, milliseconds)),
  };
}
