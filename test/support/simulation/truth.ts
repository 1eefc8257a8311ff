/**
 * What really happens: which token was in which file when, and what the agent did to it. Every promise of the agent is
 * checked here, at the step at which it could be broken.
 */
import type { AgentEnd } from "../../../agent/run.ts";
import type { JournalEntry } from "../../../agent/world.ts";
import type { ClaudeProcess } from "./claude-process.ts";
import type { Process } from "./kernel.ts";
import { Ledger } from "./ledger.ts";
import type { Grant, Sent } from "./oauth-server.ts";
import { HOME } from "../fakes/fake-agent.ts";
import { EMAIL, LOGIN_FILE, PLACES, SCRATCH_FILE } from "./places.ts";
import { checkDead, checkLeftovers, checkOk, type Watch } from "./run-checks.ts";
import { accessTokenIn, describeLogin, othersIn, refreshTokenIn } from "./tokens.ts";
import type { Actor, AgentRun, Counts, SimulatedHost, Witness } from "./host.ts";
import type { KvEntry } from "../../../lib/vault-kv-schema.ts";

/** A promise that was broken. */
export interface Violation {
  readonly rule: string;
  readonly what: string;
}

/** A token that the agent has put into a file. */
interface Placed {
  readonly token: string;
  readonly at: number;
}

/** See the file's comment. */
export class Truth implements Witness {
  readonly violations: Violation[] = [];
  readonly counts: Counts = { emptied: 0, written: 0, authDead: 0 };
  readonly log: string[] = [];
  /** Whether to keep a log of what happens. */
  tracing = false;
  /** Whether there was only trouble with the network, limits and Vault. */
  mild = false;
  /** When the disk became full. */
  fullSince: number | undefined;
  readonly #host: SimulatedHost;
  readonly #watches = new Map<Process, Watch>();
  readonly #ledger: Ledger;
  /** Every content that the credentials file had. */
  readonly #contents = new Set<string>();
  /** By file: what the agent has put there, until another process replaces it. */
  readonly #placed = new Map<string, Placed>();
  #seenSent = 0;

  constructor(host: SimulatedHost) {
    this.#host = host;
    this.#ledger = new Ledger(host.server, () => host.disk.text(PLACES.agentState));
  }

  /** The sign-in that counts: the user's newest, with the right account. */
  get login(): Grant | undefined {
    return this.#ledger.login;
  }

  note(text: string): void {
    if (this.tracing) this.log.push(`${new Date(this.#host.kernel.now).toISOString().slice(8)} ${text}`);
  }

  violate(rule: string, what: string): void {
    this.note(`VIOLATION ${rule}: ${what}`);
    this.violations.push({ rule, what: `${new Date(this.#host.kernel.now).toISOString()}: ${what}` });
  }

  signedIn(grant: Grant, oauth: Record<string, unknown>): void {
    this.note(`a person signs in as ${grant.email}, grant ${grant.id}, ${String(oauth["refreshToken"])}`);
  }

  started(run: AgentRun): void {
    this.note(`agent ${run.mode} starts (${run.process.pid})`);
    const homeAtStart = this.#host.disk.text(LOGIN_FILE);
    this.#watches.set(run.process, { run, read: undefined, homeAtStart, asked: [] });
  }

  /** Runs a change of the disk, and checks it. */
  changing<T>(actor: Actor, change: () => T): T {
    this.checkServer();
    const { disk } = this.#host;
    const before = [disk.text(LOGIN_FILE), disk.text(SCRATCH_FILE)] as const;
    const waiting = disk.state(PLACES.pending)?.mtimeMs;
    try {
      return change();
    } finally {
      const home = disk.text(LOGIN_FILE);
      const scratch = disk.text(SCRATCH_FILE);
      if (home !== before[0]) this.#changed(actor, LOGIN_FILE, before[0], home);
      if (scratch !== before[1]) this.#changed(actor, SCRATCH_FILE, before[1], scratch);
      const mark = disk.state(PLACES.pending)?.mtimeMs;
      if (home !== before[0] || (mark !== undefined && mark !== waiting)) this.#host.pathChanged();
    }
  }

  /** The agent has asked a CLI. */
  asked(agent: Process, claude: ClaudeProcess, folder: string): void {
    const watch = this.#watches.get(agent);
    watch?.asked.push(claude);
    this.note(`agent ${agent.pid} asks a CLI (${claude.process.pid}) in ${folder}`);
    if (this.fullSince !== undefined && watch !== undefined && this.fullSince < watch.run.startedAt)
      this.violate("storable", "the CLI was asked on a disk that had been full since before the run");
  }

  /** The agent read the credentials file. */
  looked(agent: Process): void {
    const watch = this.#watches.get(agent);
    const text = this.#host.disk.text(LOGIN_FILE);
    if (watch !== undefined) watch.read = text;
  }

  /** The agent has written to Vault. */
  stored(agent: Process, former: KvEntry["data"] | undefined, data: KvEntry["data"]): void {
    const { server, vault } = this.#host;
    const text = String(data["claude_ai_oauth_json"]);
    const oldText = former?.["claude_ai_oauth_json"];
    this.note(`agent ${agent.pid} writes version ${vault.versions.length} to Vault: ${describeLogin(text)}`);
    this.counts.written++;
    for (const [key, value] of Object.entries(former ?? {})) {
      if (/^sibling/.test(key) && data[key] !== value) this.violate("siblings", `${key} was changed`);
    }
    if (JSON.stringify(data).includes("fake-mcp")) this.violate("mcp", "mcpOAuth was sent to Vault");
    if (oldText === text) return;
    const token = refreshTokenIn(`{"claudeAiOauth":${text}}`);
    const old = typeof oldText === "string" ? refreshTokenIn(`{"claudeAiOauth":${oldText}}`) : undefined;
    if (token === undefined)
      return this.violate("vault", "a login without a refresh token replaced a login with one");
    if (server.grantOf(token)?.email !== EMAIL)
      this.violate("identity", "another person's login was written to Vault");
    const successor = server.successorOf(token);
    if (successor !== undefined && this.#ledger.isKnown(successor))
      this.violate("vault", `${token} was written to Vault, although its successor was known`);
    if (old === undefined) return;
    // 2.1.197 drops `refreshTokenExpiresAt`. Without it a sign-in that came back looks like its successor's refresh.
    const inHome = this.#watches.get(agent)?.read ?? text;
    const told = this.#ledger.isSameSignIn(old, token) || inHome.includes("refreshTokenExpiresAt");
    if (!told) return;
    if (server.isLive(old) && this.#ledger.isOlder(token, old))
      this.violate("older", `${token} was written over ${old}, which is newer and alive`);
    this.#lossOf(old, { kind: "agent", process: agent }, "Vault's entry");
  }

  journal(agent: Process, entry: JournalEntry): void {
    this.note(`agent ${agent.pid}: ${entry.message}`);
  }

  /** A run has ended by itself. */
  ended(run: AgentRun, end: AgentEnd): void {
    const watch = this.#watches.get(run.process);
    this.#watches.delete(run.process);
    const read = refreshTokenIn(watch?.read);
    if (read !== undefined) this.#ledger.read(read);
    this.note(`agent ${run.mode} ends with ${end.exitCode}`);
    const { report } = end;
    if (report === undefined || watch === undefined) return;
    this.counts[report.reason] = (this.counts[report.reason] ?? 0) + 1;
    if (report.class === "ok") checkOk(this.#host, this, watch);
    if (report.class === "auth-dead" && report.word === "FAIL") {
      this.counts.authDead++;
      checkDead(this.#host, this, watch);
    }
    if (!["busy", "backup", "tooling"].includes(report.class)) checkLeftovers(this.#host, this);
  }

  /** Checks what the server has received since the last check. */
  checkServer(): void {
    const { server } = this.#host;
    for (const sent of server.sent.slice(this.#seenSent)) this.#checkSent(sent);
    this.#seenSent = server.sent.length;
  }

  /** A process that cannot know may send a used-up refresh token. The agent must not have put it there. */
  #checkSent(sent: Sent): void {
    const { usedUp, token, by } = sent;
    this.note(`${by.pid} sends ${token}${usedUp === undefined ? "" : ", which was used up"}`);
    // A restore must not use up the login in the home.
    if (by.folder === PLACES.scratch && refreshTokenIn(this.#host.disk.text(LOGIN_FILE)) === token)
      return this.violate("consumed", `${token}, which the home holds, was sent by a restore`);
    if (usedUp === undefined) return;
    const placed = this.#placed.get(`${by.folder}/.credentials.json`);
    if (placed?.token !== token) return;
    if (usedUp.at >= placed.at && usedUp.by.folder === by.folder) return;
    const byAgent = this.#host.agentsClaudes.some(({ process }) => process.pid === usedUp.by.pid);
    const known = this.#ledger.isKnowinglyOver(token, byAgent);
    this.counts[known ? "consumed" : "consumedUnseen"] =
      (this.counts[known ? "consumed" : "consumedUnseen"] ?? 0) + 1;
    if (known)
      this.violate(
        "consumed",
        `${token}, used up in ${usedUp.by.folder}, was sent from ${by.folder}, where the agent had put it`,
      );
  }

  #changed(actor: Actor, path: string, before: string | undefined, after: string | undefined): void {
    this.checkServer();
    const token = refreshTokenIn(after);
    this.note(`${whoIs(actor)} makes ${path === SCRATCH_FILE ? "scratch" : "home"} ${describeLogin(after)}`);
    this.#learn(actor, path, refreshTokenIn(before), token);
    const placed = this.#placed.get(path)?.token;
    const undoes = placed !== undefined && placed === refreshTokenIn(before) && token === undefined;
    if (actor.kind === "person" && actor.keepsLogin && undoes)
      this.violate("locks", "a session undid a restore that it had not seen, because both wrote at once");
    if (path === LOGIN_FILE && accessTokenIn(after) === "") this.counts.emptied++;
    if (actor.kind === "agent" && token !== undefined)
      this.#placed.set(path, { token, at: this.#host.kernel.now });
    else this.#placed.delete(path);
    if (path === LOGIN_FILE && (actor.kind === "agent" || actor.kind === "fate")) {
      if (actor.kind === "agent" && token === undefined)
        this.violate("whole", `the agent made the credentials file ${describeLogin(after)}`);
      const others = othersIn(before);
      if (others !== undefined && after !== undefined && othersIn(after) !== others && actor.kind === "agent")
        this.violate("mcp", "other keys of the credentials file were changed");
      if (actor.kind === "fate" && after !== undefined && !this.#contents.has(after))
        this.violate("whole", "a power cut left a credentials file with a content that it never had");
    }
    if (path === LOGIN_FILE && after !== undefined) this.#contents.add(after);
    if (path === SCRATCH_FILE && after?.includes("fake-mcp"))
      this.violate("mcp", "mcpOAuth reached the restore's folder");
    this.#lossOf(refreshTokenIn(before), actor, path);
  }

  #learn(actor: Actor, path: string, former: string | undefined, token: string | undefined): void {
    if (actor.kind === "fate" && former !== undefined) this.#ledger.undo(former);
    if (token === undefined) return;
    const signsIn = actor.kind === "person" && !this.#ledger.isKept(token);
    // A CLI that overwrites another sign-in makes its own sign-in count again.
    const overwrites =
      actor.kind === "claude" && former !== undefined && !this.#ledger.isSameSignIn(token, former);
    if (signsIn || (overwrites && path === LOGIN_FILE)) this.#ledger.arrive(token);
    this.#ledger.keep(token);
  }

  /** Checks whether the login that counts is in no file any more, and which process removed it. */
  #lossOf(token: string | undefined, actor: Actor, where: string): void {
    const { server, disk, vault } = this.#host;
    if (token === undefined || !server.isLive(token) || server.grantOf(token) !== this.login) return;
    if (JSON.stringify(vault.newest ?? {}).includes(token)) return;
    for (const [, text] of disk.files(HOME)) if (text.includes(token)) return;
    const overPlaced = actor.kind === "claude" && this.#placed.get(where)?.token === token;
    this.counts["lost"] = (this.counts["lost"] ?? 0) + 1;
    if (actor.kind === "agent" || overPlaced)
      this.violate("lost", `${token} was in ${where}, and ${whoIs(actor)} removed its last copy`);
  }
}

function whoIs(actor: Actor): string {
  if (actor.kind === "agent") return `agent ${actor.process.pid}`;
  if (actor.kind === "claude") return `CLI ${actor.claude?.process.pid ?? ""}`;
  return actor.kind === "person" ? "a person" : "fate";
}
