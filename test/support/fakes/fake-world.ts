/**
 * The agent's world in memory: files, a clock that only sleeping moves, a Vault, and a CLI that is a function. It counts every
 * effect, and can kill the agent right before its n-th effect, as `kill -9` does.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { userPlaces } from "../../../contract/agent-places.ts";
import type { AgentWorld, HeldLock, JournalEntry, Vault } from "../../../agent/world.ts";
import type { VaultFailure } from "../../../lib/vault-result.ts";
import type { TokenInfo } from "../../../lib/vault-token-schema.ts";
import { HOME, TOKEN } from "./fake-agent.ts";
import type { Clock, Files, PathState } from "../../../lib/machine-ports.ts";
import type { Claude, ClaudeEnd, ClaudeQuestion, ProcessIdentity } from "../../../claude/process.ts";
import type { KvEntry } from "../../../lib/vault-kv-schema.ts";

interface FileNode {
  kind: "file";
  text: string;
  mode: number;
  mtimeMs: number;
}
type Node = FileNode | { kind: "directory"; mtimeMs: number } | { kind: "symlink"; to: string };

/** Thrown by the effect at which the agent is killed, and by every later effect. */
export class Killed extends Error {}

/** See the file's comment. */
export class FakeWorld implements AgentWorld {
  time = 1_795_000_000_000;
  readonly nodes = new Map<string, Node>();
  readonly entries = new Map<string, KvEntry>();
  readonly journalled: JournalEntry[] = [];
  /** The names of the effects so far. */
  readonly effects: string[] = [];
  /** The number of the effect that does not happen any more, counted from 1. */
  killAt = Infinity;
  /** Runs before each effect, with its number counted from 1. */
  before: (effect: number) => void = () => undefined;
  /** While it is set, every call to Vault fails with it. */
  vaultFails: VaultFailure | undefined;
  token: TokenInfo = TOKEN;
  version = "2.1.330";
  installed = true;
  /** Runs the CLI. */
  cli: (question: ClaudeQuestion) => ClaudeEnd | Promise<ClaudeEnd> = () => ({ kind: "late" });
  /** Events that happen while the agent sleeps. */
  readonly later: { at: number; happens: () => void }[] = [];
  readonly questions: ClaudeQuestion[] = [];
  readonly living = new Set<number>();
  #random = 0;
  #locked = false;
  #pid = 100;

  constructor() {
    this.nodes.set(HOME, { kind: "directory", mtimeMs: this.time });
    this.put(userPlaces(HOME).token, "fake-vault-token\n");
  }

  /** Creates or replaces a file, with the folders above it. */
  put(path: string, text: string, mode = 0o600): void {
    this.folders(dirname(path));
    this.nodes.set(path, { kind: "file", text, mode, mtimeMs: this.time });
  }

  folders(path: string): void {
    for (let at = path; at !== "/" && !this.nodes.has(at); at = dirname(at))
      this.nodes.set(at, { kind: "directory", mtimeMs: this.time });
  }

  text(path: string): string | undefined {
    const node = this.nodes.get(path);
    return node?.kind === "file" ? node.text : undefined;
  }

  /** Starts a process after a killed one: the kernel's locks are gone, files stay. */
  reborn(): void {
    this.killAt = Infinity;
    this.effects.length = 0;
    this.#locked = false;
  }

  random(bytes: number): string {
    const digest = createHash("sha256").update(String(++this.#random)).digest("hex");
    return digest.slice(0, 2 * bytes);
  }

  lock(path: string): Promise<HeldLock | undefined> {
    this.#effect(`lock ${path}`);
    if (this.#locked) return Promise.resolve(undefined);
    this.#locked = true;
    return Promise.resolve({
      release: () => {
        this.#locked = false;
        return Promise.resolve();
      },
    });
  }

  /** Whether another process holds the agent's lock. */
  set locked(value: boolean) {
    this.#locked = value;
  }

  journal(entry: JournalEntry): Promise<void> {
    this.#effect("journal");
    this.journalled.push(entry);
    return Promise.resolve();
  }

  readonly clock: Clock = {
    now: () => this.time,
    sleep: (milliseconds) => {
      this.#effect("sleep");
      let until = this.time + milliseconds;
      this.later.sort((a, b) => a.at - b.at);
      while (this.later[0] !== undefined && this.later[0].at <= until) {
        const next = this.later.shift();
        this.time = Math.max(this.time, next?.at ?? 0);
        const before = this.time;
        next?.happens();
        // An event may set the clock. The sleep lasts as long as it would have.
        until += this.time - before;
      }
      this.time = until;
      return Promise.resolve();
    },
    every: () => () => Promise.resolve(),
  };

  readonly files: Files = {
    read: (path, maxBytes) => {
      this.#effect(`read ${path}`);
      const node = this.nodes.get(path);
      if (node === undefined) return Promise.resolve({ kind: "missing" });
      if (node.kind !== "file") return Promise.resolve({ kind: node.kind });
      if (node.text.length > maxBytes) return Promise.resolve({ kind: "unreadable", why: "it is too large" });
      return Promise.resolve({ kind: "file", text: node.text, mode: node.mode });
    },
    ownTarget: (path) => {
      const node = this.nodes.get(path);
      return Promise.resolve(node?.kind === "symlink" ? node.to : undefined);
    },
    state: (path) => Promise.resolve(this.#state(path)),
    list: (folder) => {
      const inside = [...this.nodes.keys()].filter((path) => dirname(path) === folder && path !== folder);
      return Promise.resolve(inside.map((path) => path.slice(folder.length + 1)).sort());
    },
    create: async (path, text) => {
      this.#effect(`create ${path}`);
      if (this.nodes.has(path)) throw systemError("EEXIST");
      this.#needFolder(path);
      // A killed process may leave an incomplete file.
      this.nodes.set(path, {
        kind: "file",
        text: text.slice(0, text.length / 2),
        mode: 0o600,
        mtimeMs: this.time,
      });
      this.#effect(`write ${path}`);
      this.nodes.set(path, { kind: "file", text, mode: 0o600, mtimeMs: this.time });
      return Promise.resolve();
    },
    sync: (path) => Promise.resolve(this.#effect(`sync ${path}`)),
    rename: async (from, to) => {
      this.#effect(`rename ${to}`);
      const node = this.nodes.get(from);
      if (node === undefined) throw systemError("ENOENT");
      this.#needFolder(to);
      this.nodes.delete(from);
      this.nodes.set(to, node);
      return Promise.resolve();
    },
    syncFolder: (path) => Promise.resolve(this.#effect(`syncFolder ${path}`)),
    append: (path, text) => {
      this.#effect(`append ${path}`);
      const node = this.nodes.get(path);
      this.put(path, (node?.kind === "file" ? node.text : "") + text);
      return Promise.resolve();
    },
    remove: (path) => {
      this.#effect(`remove ${path}`);
      this.nodes.delete(path);
      return Promise.resolve();
    },
    chmod: (path, mode) => {
      this.#effect(`chmod ${path}`);
      const node = this.nodes.get(path);
      if (node?.kind === "file") node.mode = mode;
      return Promise.resolve();
    },
    makeFolder: (path) => {
      this.#effect(`makeFolder ${path}`);
      this.folders(path);
      return Promise.resolve();
    },
    makeLock: (path) => {
      this.#effect(`makeLock ${path}`);
      if (this.nodes.has(path)) return Promise.resolve(false);
      this.nodes.set(path, { kind: "directory", mtimeMs: this.time });
      return Promise.resolve(true);
    },
    removeFolder: (path) => {
      this.#effect(`removeFolder ${path}`);
      this.nodes.delete(path);
      return Promise.resolve();
    },
    touch: (path, milliseconds) => {
      this.#effect(`touch ${path}`);
      const node = this.nodes.get(path);
      if (node === undefined) return Promise.reject(systemError("ENOENT"));
      if (node.kind !== "symlink") node.mtimeMs = milliseconds;
      return Promise.resolve();
    },
  };

  readonly claude: Claude = {
    find: () => Promise.resolve(this.installed ? "/usr/local/bin/claude" : undefined),
    version: () => Promise.resolve({ version: this.version }),
    start: async (question) => {
      this.#effect("start");
      this.questions.push(question);
      const process: ProcessIdentity = { pid: ++this.#pid, startTicks: "1" };
      // The CLI runs to its end whether or not the agent waits for it.
      const end = await this.cli(question);
      if (end.kind === "late") this.living.add(process.pid);
      return {
        process,
        end: (waitMs) => {
          this.#effect("end");
          this.time += end.kind === "late" ? waitMs : 2000;
          return Promise.resolve(end);
        },
      };
    },
    lives: ({ pid }) => Promise.resolve(this.living.has(pid)),
    leftBehind: () => Promise.resolve([...this.living].map((pid) => ({ pid, startTicks: "1" }))),
  };

  vault(): Vault {
    const failed = () => {
      this.#effect("vault");
      return this.vaultFails;
    };
    return {
      lookupSelf: () => Promise.resolve(failed() ?? { kind: "ok", value: this.token }),
      renewSelf: () => Promise.resolve(failed() ?? { kind: "ok", value: 2_764_800 }),
      kvRead: (path) => {
        const failure = failed();
        const entry = this.entries.get(path);
        if (failure !== undefined) return Promise.resolve(failure);
        return Promise.resolve(
          entry === undefined ? { kind: "notFound", version: 0 } : { kind: "ok", value: entry },
        );
      },
      kvWrite: (path, data, cas) => {
        const failure = failed();
        if (failure !== undefined) return Promise.resolve(failure);
        const version = this.entries.get(path)?.version ?? 0;
        if (cas !== version) return Promise.resolve({ kind: "conflict" });
        this.entries.set(path, { data: structuredClone(data), version: version + 1 });
        // The answer may be lost after the write has happened.
        this.#effect("vault answer");
        return Promise.resolve({ kind: "ok", value: version + 1 });
      },
    };
  }

  #effect(name: string): void {
    this.effects.push(name);
    this.before(this.effects.length);
    if (this.effects.length >= this.killAt)
      throw new Killed(`ended before effect ${this.effects.length}: ${name}`);
  }

  #state(path: string): PathState | undefined {
    const node = this.nodes.get(path);
    if (node === undefined) return undefined;
    if (node.kind === "symlink") return { kind: "symlink", mode: 0o777, size: 0, mtimeMs: 0 };
    const size = node.kind === "file" ? node.text.length : 0;
    return { kind: node.kind, mode: node.kind === "file" ? node.mode : 0o700, size, mtimeMs: node.mtimeMs };
  }

  #needFolder(path: string): void {
    if (this.nodes.get(dirname(path))?.kind !== "directory") throw systemError("ENOENT");
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
