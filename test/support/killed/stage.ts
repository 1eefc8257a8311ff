/** A home, a Vault and a server for one run of the agent, and what must hold after it was killed. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { AgentConfig } from "../../../agent/config.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { processesIn } from "../../../agent/real-claude.ts";
import { start } from "../../../lib/process.ts";
import { CONFIG } from "../simulation/places.ts";
import { refreshTokenIn } from "../simulation/tokens.ts";
import { FakeVault } from "../fakes/fake-vault.ts";
import type { OauthEndpoint } from "./oauth-endpoint.ts";
import type { Programs } from "./programs.ts";

/** Where the agent is killed; `step` 0: nowhere. */
export interface KillPoint {
  readonly when: "before" | "after";
  readonly step: number;
}

/** What the file holds besides the login. */
const OTHERS = { mcpOAuth: { server: "fake-mcp" }, xUnknownTop: "kept" };
const HOUR = 3_600_000;

/** See the file's comment. */
export class Stage {
  readonly home: string;
  readonly vault: FakeVault;
  readonly #programs: Programs;
  readonly #endpoint: OauthEndpoint;
  readonly #config: string;
  #oauth: Record<string, unknown> = {};

  private constructor(home: string, vault: FakeVault, programs: Programs, endpoint: OauthEndpoint) {
    this.home = home;
    this.vault = vault;
    this.#programs = programs;
    this.#endpoint = endpoint;
    this.#config = join(home, "agent.json");
  }

  static async open(home: string, programs: Programs, endpoint: OauthEndpoint): Promise<Stage> {
    const stage = new Stage(home, await new FakeVault().start(), programs, endpoint);
    const places = userPlaces(home);
    for (const folder of [stage.#claude, places.config, places.state])
      await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(places.token, `${stage.vault.mint("alice").token}\n`, { mode: 0o600 });
    const config: AgentConfig = {
      ...CONFIG,
      home,
      claude: programs.claude,
      vault: { ...CONFIG.vault, address: stage.vault.address },
      waits: {
        ...CONFIG.waits,
        rereadSeconds: 0,
        blankRereadSeconds: 0,
        deadRereadSeconds: 0,
        lockRetrySeconds: 1,
        lockStealSeconds: 1,
      },
    };
    await writeFile(stage.#config, JSON.stringify(config));
    return stage;
  }

  async close(): Promise<void> {
    await this.#settle();
    await this.vault.close();
    await rm(this.home, { recursive: true, force: true });
  }

  get #claude(): string {
    return join(this.home, ".claude");
  }

  get file(): string {
    return join(this.#claude, ".credentials.json");
  }

  /** Signs in. */
  async signIn(): Promise<void> {
    this.#oauth = this.#endpoint.server.login(CONFIG.email, Date.now()).oauth;
    await this.#write({ claudeAiOauth: this.#oauth, ...OTHERS });
  }

  /** Removes the login, but not the rest of the file. */
  removeLogin(): Promise<void> {
    return this.#write(OTHERS);
  }

  /** Lets the access token expire, in the file and at the server. */
  async expire(): Promise<void> {
    const content = JSON.parse(await readFile(this.file, "utf8")) as { claudeAiOauth: object };
    await this.#write({
      ...content,
      claudeAiOauth: { ...content.claudeAiOauth, expiresAt: Date.now() - HOUR },
    });
  }

  async #write(content: object): Promise<void> {
    await rm(this.file, { force: true });
    await writeFile(this.file, JSON.stringify(content), { mode: 0o600 });
  }

  /** Runs the agent once. @returns how the run ended */
  async live(mode: "run" | "backup", { when, step }: KillPoint): Promise<Life> {
    const end = await start(
      process.execPath,
      [this.#programs.agent, this.#config, mode, when, String(step)],
      {
        env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
        stdin: "ignore",
      },
    );
    await this.#settle();
    return { killed: end.signal === "SIGKILL", said: end.stdout, errors: end.stderr };
  }

  /** Waits for CLIs that outlived the agent. */
  async #settle(): Promise<void> {
    while ((await processesIn(userPlaces(this.home).probe)).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Expects a whole credentials file with its other keys unchanged. */
  async expectWhole(at: string): Promise<void> {
    const content = JSON.parse(await readFile(this.file, "utf8")) as Record<string, unknown>;
    const { claudeAiOauth, ...others } = content;
    expect(others, at).toEqual(OTHERS);
    if (claudeAiOauth !== undefined) expect(refreshTokenIn(JSON.stringify(content)), at).toMatch(/^RT-/);
  }

  /** Expects that no login was lost, and no refresh token was sent twice. */
  async expectLive(at: string): Promise<void> {
    const { server } = this.#endpoint;
    const token = refreshTokenIn(await readFile(this.file, "utf8")) ?? "";
    expect(server.isLive(token), at).toBe(true);
    const entry = this.vault.entries.get(CONFIG.dataPath);
    const stored = refreshTokenIn(`{"claudeAiOauth":${String(entry?.data?.["claude_ai_oauth_json"])}}`);
    expect(stored, at).toBe(token);
    expect(
      server.sent.filter(({ usedUp }) => usedUp !== undefined),
      at,
    ).toEqual([]);
    expect(JSON.stringify(entry), at).not.toContain("fake-mcp");
  }

  /** Expects no token outside of the credentials file. */
  async expectTidy(at: string): Promise<void> {
    const names = await readdir(this.home, { recursive: true, withFileTypes: true });
    const strays: string[] = [];
    for (const entry of names) {
      const path = join(entry.parentPath, entry.name);
      if (/\.lock$/.test(path) && entry.isDirectory()) strays.push(path);
      if (!entry.isFile() || path === this.file) continue;
      if (/[AR]T-\d+-g\d+;/.test(await readFile(path, "utf8"))) strays.push(path);
    }
    expect(strays, at).toEqual([]);
  }
}

/** How a run of the agent ended. */
export interface Life {
  readonly killed: boolean;
  /** Its standard output: the line of its report. */
  readonly said: string;
  /** The effect at which it was killed, or the number of its effects. */
  readonly errors: string;
}
