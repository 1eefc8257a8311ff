/** One simulated workstation: its disk, units and CLIs, with Vault and Anthropic's server. */
import { runAgent, type AgentEnd, type Mode } from "../../../agent/run.ts";
import { EXIT_PENDING } from "../../../contract/agent-classes.ts";
import type { AgentWorld } from "../../../agent/world.ts";
import { simulatedWorld } from "./agent-world.ts";
import { claudePort, startClaude, type ClaudeProcess, type ClaudeSetup } from "./claude-process.ts";
import { storeProfile } from "./claude-model.ts";
import { changeFile, refreshLogin } from "./claude-refresh.ts";
import { readLogin } from "./claude-login.ts";
import type { ClaudeVersion } from "./claude-texts.ts";
import { Disk } from "./disk.ts";
import { Kernel, type Process } from "./kernel.ts";
import { OauthServer, type Grant } from "./oauth-server.ts";
import { TOKEN } from "../fakes/fake-agent.ts";
import { CLAUDE_FOLDER, CONFIG, CONFIGURATION, PLACES } from "./places.ts";
import type { Random } from "./random.ts";
import { Truth } from "./truth.ts";
import { VaultModel } from "./vault-model.ts";
import type { AgentRun } from "./host.ts";
import { type Actor } from "./host.ts";

const START = Date.UTC(2030, 0, 1);

/** See the file's comment. */
export class Workstation {
  readonly random: Random;
  readonly kernel: Kernel;
  readonly disk: Disk;
  readonly server: OauthServer;
  readonly vault = new VaultModel(TOKEN);
  readonly truth: Truth;
  readonly versions: { readonly agent: ClaudeVersion; readonly sessions: ClaudeVersion };
  /** The holders of locks of flock(2), by path. */
  readonly locks = new Map<string, Process>();
  /** The CLIs that the agent has started. */
  readonly agentsClaudes: ClaudeProcess[] = [];
  /** The user's own CLIs. */
  readonly sessions: ClaudeProcess[] = [];
  readonly runs: AgentRun[] = [];
  /** Called when the agent has staged a restored login and is about to replace the credentials file. */
  whenPutting: (() => void) | undefined;
  /** Changes the agent's world. It shows that the simulation finds a broken agent. */
  disturb: (world: AgentWorld) => AgentWorld = (world) => world;
  /** Whether the path unit and the restarts of its service work. */
  unitsOn = true;

  constructor(random: Random, versions: Workstation["versions"]) {
    this.random = random;
    this.versions = versions;
    this.kernel = new Kernel(random.fork(), START);
    this.disk = new Disk(
      () => this.kernel.wallClock(),
      () => this.kernel.now,
    );
    this.server = new OauthServer(() => this.kernel.now);
    this.truth = new Truth(this);
    for (const folder of [CLAUDE_FOLDER, PLACES.config, PLACES.state]) this.disk.makeFolder(folder);
    this.disk.create(PLACES.token, "fake-token\n");
    for (const path of [PLACES.token, CLAUDE_FOLDER, PLACES.config, PLACES.state]) this.disk.sync(path);
    for (const folder of [CLAUDE_FOLDER, PLACES.config, PLACES.state]) this.disk.syncFolder(folder);
  }

  /** Whether the service of this mode is active. */
  isActive(mode: Mode): boolean {
    return this.runs.some((run) => run.mode === mode && run.process.alive);
  }

  /** Starts the agent like its timer or path unit. */
  startAgent(mode: Mode): AgentRun {
    const begun: { end: AgentEnd | undefined } = { end: undefined };
    const process = this.kernel.spawn(`agent ${mode}`, async (self) => {
      begun.end = await runAgent(this.disturb(simulatedWorld(this, self)), CONFIG, mode);
      this.truth.ended(run, begun.end);
    });
    const run = Object.assign(begun, { mode, process, startedAt: this.kernel.now });
    this.runs.push(run);
    this.truth.started(run);
    process.whenEnded(() => this.#afterRun(run));
    return run;
  }

  /** Starts a CLI for the agent. */
  startAgentsClaude(agent: Process, configFolder: string | undefined): ClaudeProcess {
    const folder = configFolder ?? CLAUDE_FOLDER;
    const configuration = configFolder === undefined ? CONFIGURATION : `${configFolder}/.claude.json`;
    const claude = this.#claude(this.versions.agent, folder, configuration, {
      retries: 1,
      timeoutMs: 60_000,
    });
    this.agentsClaudes.push(claude);
    this.truth.asked(agent, claude, folder);
    return claude;
  }

  /** Starts a session of the user. */
  startSession(): ClaudeProcess {
    const claude = this.#claude(this.versions.sessions, CLAUDE_FOLDER, CONFIGURATION, {});
    this.sessions.push(claude);
    return claude;
  }

  /**
   * Starts a short CLI command of the user, such as `claude mcp list`: it refreshes a token that ends soon, and asks nothing.
   * @param dies whether it ends between the server's answer to its refresh and its write of the file
   */
  startCommand(dies: boolean): Process {
    const setup = this.#setup(this.versions.sessions, { kind: "claude", claude: undefined });
    return this.kernel.spawn("command", async (self) => {
      const port = claudePort({ ...setup, folder: CLAUDE_FOLDER, configuration: CONFIGURATION }, self);
      const refresh: typeof port.refresh = async (token) => {
        const reply = await port.refresh(token);
        if (dies) self.kill();
        return reply;
      };
      const login = await readLogin(port);
      if (login !== undefined && login !== "blank") await refreshLogin({ ...port, refresh }, login, false);
    });
  }

  /** Lets a person finish a sign-in in a CLI. The browser's part is over. */
  signIn(email: string): Process {
    const { grant, oauth } = this.server.login(email, this.kernel.wallClock());
    this.truth.signedIn(grant, oauth);
    return this.#writer("login", (content) => ({ ...content, claudeAiOauth: oauth }), grant);
  }

  /** Lets a session store what an MCP server has given it. */
  storeMcp(): Process {
    const token = `fake-mcp-${this.random.hex(4)}`;
    return this.#writer("mcp", (content) => ({ ...content, mcpOAuth: { server: { token } } }));
  }

  /** Cuts the power. The machine starts again after a minute. */
  powerCut(): void {
    for (const process of [...this.kernel.processes]) process.kill();
    this.truth.changing({ kind: "fate" }, () => this.disk.powerCut(this.random));
  }

  /** The credentials file or the pending marker has changed: the path unit starts the agent. */
  pathChanged(): void {
    if (!this.unitsOn || this.isActive("backup")) return;
    this.kernel.at(this.kernel.now + 5 + this.random.next() * 40, () => {
      if (this.unitsOn && !this.isActive("backup")) this.startAgent("backup");
    });
  }

  #afterRun(run: AgentRun): void {
    if (run.mode !== "backup" || run.end?.exitCode !== EXIT_PENDING) return;
    this.kernel.at(this.kernel.now + CONFIG.waits.backupRetrySeconds * 1000, () => {
      if (this.unitsOn && !this.isActive("backup")) this.startAgent("backup");
    });
  }

  #claude(
    version: ClaudeVersion,
    folder: string,
    configuration: string,
    limits: Pick<ClaudeSetup, "retries" | "timeoutMs">,
  ): ClaudeProcess {
    const actor: { kind: "claude"; claude: ClaudeProcess | undefined } = {
      kind: "claude",
      claude: undefined,
    };
    const claude = startClaude({
      ...this.#setup(version, actor),
      folder,
      configuration,
      ...limits,
    });
    actor.claude = claude;
    return claude;
  }

  #writer(
    name: string,
    change: (content: Record<string, unknown>) => Record<string, unknown>,
    grant?: Grant,
  ): Process {
    const setup = this.#setup(this.versions.sessions, { kind: "person", keepsLogin: grant === undefined });
    return this.kernel.spawn(name, async (self) => {
      const port = claudePort({ ...setup, folder: CLAUDE_FOLDER, configuration: CONFIGURATION }, self);
      const end = await changeFile(port, change);
      if (grant === undefined || end !== "written") return;
      await storeProfile(port, grant.email);
    });
  }

  #setup(version: ClaudeVersion, actor: Actor) {
    const { kernel, disk, server } = this;
    const changing = <T>(change: () => T): T => this.truth.changing(actor, change);
    return { kernel, disk, server, version, changing };
  }
}
