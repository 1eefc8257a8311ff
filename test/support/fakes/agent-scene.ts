/** One user's workstation in memory, with a model of the CLI, and what the agent has left there. */
import { expect } from "vitest";
import type { AgentConfig } from "../../../agent/config.ts";
import { runAgent, type Mode } from "../../../agent/run.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { parseAgentState, type AgentState } from "../../../contract/agent-state.ts";
import { agentStatus, type AgentStatus } from "../../../contract/agent-status.ts";
import { DATA, fakeConfig, HOME } from "./fake-agent.ts";
import { FakeClaude } from "./fake-claude.ts";
import { FakeWorld } from "./fake-world.ts";

export const HOUR = 3_600_000;
const places = userPlaces(HOME);

/** See the file's comment. */
export class AgentScene {
  readonly world = new FakeWorld();
  readonly claude = new FakeClaude(this.world);

  /** Starts the agent once. */
  async start(mode: Mode = "run", config: AgentConfig = fakeConfig) {
    const end = await runAgent(this.world, config, mode);
    return { ...end.report, ...end };
  }

  /** Signs in, and lets the agent store the login. */
  async loggedIn(): Promise<void> {
    this.claude.signIn(this.claude.login());
    expect(await this.start()).toMatchObject({ word: "OK", backup: "written", exitCode: 0 });
  }

  /** Empties the login as the CLI does after a refused refresh. */
  blank(): void {
    this.claude.signIn({ ...this.claude.home(), accessToken: "", refreshToken: "", expiresAt: 0 });
  }

  /** Lets a session of the user run: it refreshes a token that has expired. */
  session(): void {
    this.claude.run({ path: "claude", configFolder: undefined });
  }

  /** Fills the disk under the home. @returns what empties it */
  fillDisk(): () => void {
    const { files } = this.world;
    const create = files.create.bind(files);
    const append = files.append.bind(files);
    const full = () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
    files.create = full;
    files.append = full;
    return () => Object.assign(files, { create, append });
  }

  status(): AgentStatus {
    return agentStatus.parse(JSON.parse(this.world.text(places.status) ?? "null"));
  }

  state(): AgentState {
    return parseAgentState(this.world.text(places.agentState) ?? "");
  }

  /** Returns the keys of the user's entry in Vault. */
  stored(): Readonly<Record<string, unknown>> {
    return this.world.entries.get(DATA)?.data ?? {};
  }

  /** Returns the login in Vault. */
  storedLogin(): Record<string, unknown> {
    return JSON.parse(String(this.stored()["claude_ai_oauth_json"])) as Record<string, unknown>;
  }

  /** Returns the paths of all files below `folder`. */
  filesIn(folder: string): readonly string[] {
    return [...this.world.nodes].flatMap(([path, node]) =>
      node.kind === "file" && path.startsWith(folder) ? [path] : [],
    );
  }
}
