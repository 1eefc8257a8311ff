/**
 * A file system in memory that knows what has reached the disk. A power cut may lose what was changed and not synced:
 * contents file by file, and names folder by folder from some moment on, as a journal loses them.
 */
import { dirname } from "node:path";
import type { Random } from "./random.ts";
import type { PathState, Reading } from "../../../lib/machine-ports.ts";

interface FileNode {
  readonly kind: "file";
  text: string;
  /** The content on the disk; undefined: it was never synced. */
  synced: string | undefined;
  mode: number;
  mtimeMs: number;
  /** The true time of the last write. */
  writtenAt: number;
}

interface FolderNode {
  readonly kind: "directory";
  readonly entries: Map<string, Node>;
  mode: number;
  mtimeMs: number;
}

type Node = FileNode | FolderNode;

/** A change of names that may not have reached the disk. */
interface Change {
  readonly at: number;
  readonly folder: FolderNode;
  readonly undo: () => void;
}

/** The kernel writes back what is older than this many milliseconds. */
const WRITE_BACK_MS = 30_000;

/** One host's disk. All paths are absolute. */
export class Disk {
  /** Whether the disk is full. Contents then fail, but names mostly still change, which is the danger. */
  full = false;
  readonly #root: FolderNode = folder(0o755, 0);
  readonly #clock: () => number;
  readonly #time: () => number;
  #changes: Change[] = [];

  /** @param clock the time that files get @param time the true time; both in milliseconds */
  constructor(clock: () => number, time = clock) {
    this.#clock = clock;
    this.#time = time;
  }

  read(path: string, maxBytes = Infinity): Reading {
    const node = this.#find(path);
    if (node === undefined) return { kind: "missing" };
    if (node.kind === "directory") return { kind: "directory" };
    if (node.text.length > maxBytes)
      return { kind: "unreadable", why: `it is larger than ${maxBytes} bytes` };
    return { kind: "file", text: node.text, mode: node.mode };
  }

  /** Returns a file's content; undefined when there is no file. */
  text(path: string): string | undefined {
    const node = this.#find(path);
    return node?.kind === "file" ? node.text : undefined;
  }

  state(path: string): PathState | undefined {
    const node = this.#find(path);
    if (node === undefined) return undefined;
    const size = node.kind === "file" ? node.text.length : 4096;
    return { kind: node.kind, mode: node.mode, size, mtimeMs: node.mtimeMs };
  }

  list(path: string): readonly string[] {
    const node = this.#find(path);
    return node?.kind === "directory" ? [...node.entries.keys()] : [];
  }

  /** Returns every file below `path`, with its content. */
  *files(path: string): Generator<readonly [string, string]> {
    for (const name of this.list(path)) {
      const below = `${path}/${name}`;
      const node = this.#find(below);
      if (node?.kind === "file") yield [below, node.text];
      else yield* this.files(below);
    }
  }

  /** Creates the name first: on a full disk an empty file stays behind. */
  create(path: string, text: string): void {
    const { parent, name } = this.#place(path);
    if (parent.entries.has(name)) throw systemError("EEXIST", path);
    const node: FileNode = {
      kind: "file",
      text: "",
      synced: undefined,
      mode: 0o600,
      mtimeMs: this.#clock(),
      writtenAt: this.#time(),
    };
    this.#link(parent, name, node);
    this.#room(path);
    node.text = text;
  }

  append(path: string, text: string): void {
    const { parent, name } = this.#place(path);
    if (!parent.entries.has(name)) this.create(path, "");
    const node = parent.entries.get(name);
    if (node?.kind !== "file") throw systemError("EISDIR", path);
    this.#room(path);
    node.text += text;
    node.writtenAt = this.#time();
    node.mtimeMs = this.#clock();
  }

  sync(path: string): void {
    const node = this.#find(path);
    if (node === undefined) throw systemError("ENOENT", path);
    if (node.kind === "file") node.synced = node.text;
  }

  syncFolder(path: string): void {
    const node = this.#find(path);
    if (node?.kind !== "directory") throw systemError("ENOENT", path);
    // A folder cannot be reached without the names that lead to it.
    const above = new Set<FolderNode>();
    for (let at = path; at !== "/"; at = dirname(at)) above.add(this.#find(at) as FolderNode);
    above.add(this.#root);
    this.#changes = this.#changes.filter((change) => !above.has(change.folder));
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const target = this.#place(to);
    const node = source.parent.entries.get(source.name);
    if (node === undefined) throw systemError("ENOENT", from);
    const there = target.parent.entries.get(target.name);
    if (there !== undefined && there.kind !== node.kind)
      throw systemError(there.kind === "directory" ? "EISDIR" : "ENOTDIR", to);
    if (there?.kind === "directory" && there.entries.size > 0) throw systemError("ENOTEMPTY", to);
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, node);
    this.#changes.push({
      at: this.#time(),
      folder: target.parent,
      undo: () => {
        put(target.parent, target.name, there);
        put(source.parent, source.name, node);
      },
    });
  }

  remove(path: string): void {
    const { parent, name } = this.#place(path, false);
    const node = parent?.entries.get(name);
    if (parent === undefined || node === undefined) return;
    if (node.kind === "directory") throw systemError("EISDIR", path);
    parent.entries.delete(name);
    this.#changes.push({ at: this.#time(), folder: parent, undo: () => put(parent, name, node) });
  }

  chmod(path: string, mode: number): void {
    const node = this.#find(path);
    if (node === undefined) throw systemError("ENOENT", path);
    node.mode = mode;
  }

  makeFolder(path: string): void {
    if (path === "/") return;
    const there = this.#find(path);
    if (there?.kind === "directory") return;
    if (there !== undefined) throw systemError("EEXIST", path);
    this.makeFolder(dirname(path));
    const { parent, name } = this.#place(path);
    this.#link(parent, name, folder(0o700, this.#clock()));
  }

  makeLock(path: string): boolean {
    const { parent, name } = this.#place(path);
    if (parent.entries.has(name)) return false;
    this.#link(parent, name, folder(0o700, this.#clock()));
    return true;
  }

  removeFolder(path: string): void {
    const { parent, name } = this.#place(path, false);
    const node = parent?.entries.get(name);
    if (parent === undefined || node === undefined) return;
    if (node.kind !== "directory") throw systemError("ENOTDIR", path);
    if (node.entries.size > 0) throw systemError("ENOTEMPTY", path);
    parent.entries.delete(name);
    this.#changes.push({ at: this.#time(), folder: parent, undo: () => put(parent, name, node) });
  }

  touch(path: string, milliseconds: number): void {
    const node = this.#find(path);
    if (node === undefined) throw systemError("ENOENT", path);
    node.mtimeMs = milliseconds;
  }

  /** Cuts the power: names from some moment on are lost, and contents that were not synced are torn. */
  powerCut(random: Random): void {
    const safe = this.#time() - WRITE_BACK_MS;
    this.#changes = this.#changes.filter((change) => change.at > safe);
    const kept = random.pick([0, this.#changes.length, random.whole(0, this.#changes.length)]);
    for (const change of this.#changes.splice(kept).reverse()) change.undo();
    this.#changes = [];
    this.#tear(this.#root, random, safe);
  }

  #tear(node: Node, random: Random, safe: number): void {
    if (node.kind === "directory") {
      for (const child of node.entries.values()) this.#tear(child, random, safe);
      return;
    }
    if (node.synced !== node.text && node.writtenAt > safe) {
      const kept = node.synced !== undefined && node.text.startsWith(node.synced) ? node.synced.length : 0;
      node.text = node.text.slice(0, random.pick([kept, random.whole(kept, node.text.length)]));
    }
    node.synced = node.text;
  }

  #room(path: string): void {
    if (this.full) throw systemError("ENOSPC", path);
  }

  #link(parent: FolderNode, name: string, node: Node): void {
    parent.entries.set(name, node);
    this.#changes.push({ at: this.#time(), folder: parent, undo: () => parent.entries.delete(name) });
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of namesOf(path)) {
      node = node?.kind === "directory" ? node.entries.get(name) : undefined;
    }
    return node;
  }

  #place(path: string): { readonly parent: FolderNode; readonly name: string };
  #place(path: string, must: false): { readonly parent: FolderNode | undefined; readonly name: string };
  #place(path: string, must = true): { readonly parent: FolderNode | undefined; readonly name: string } {
    const slash = path.lastIndexOf("/");
    const parent = this.#find(path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (parent?.kind === "directory") return { parent, name };
    if (must) throw systemError(parent === undefined ? "ENOENT" : "ENOTDIR", path);
    return { parent: undefined, name };
  }
}

const known = new Map<string, readonly string[]>();

/** Returns the names on the way to a path. Cached, because few paths are used often. */
function namesOf(path: string): readonly string[] {
  let names = known.get(path);
  if (names === undefined) {
    names = path.split("/").filter((name) => name !== "");
    if (known.size > 5000) known.clear();
    known.set(path, names);
  }
  return names;
}

function folder(mode: number, mtimeMs: number): FolderNode {
  return { kind: "directory", entries: new Map(), mode, mtimeMs };
}

function put(parent: FolderNode, name: string, node: Node | undefined): void {
  if (node === undefined) parent.entries.delete(name);
  else parent.entries.set(name, node);
}

/** Returns an error as Node reports a system error. */
function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code });
}
