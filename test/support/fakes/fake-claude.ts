/** A small model of the CLI and its server: refresh tokens work once, and a refused login is emptied. */
import { join } from "node:path";
import { HOME } from "./fake-agent.ts";
import type { FakeWorld } from "./fake-world.ts";
import type { ClaudeEnd, ClaudeQuestion } from "../../../claude/process.ts";

/** See the file's comment. */
export class FakeClaude {
  readonly #world: FakeWorld;
  #count = 0;
  /** The owners of accepted access tokens, by token. */
  readonly access = new Map<string, string>();
  /** The owners of refresh tokens that were neither used nor revoked, by token. */
  readonly refresh = new Map<string, string>();
  readonly used = new Set<string>();
  /** The number of used-up refresh tokens that the restore's folder has sent. */
  replays = 0;
  /** What the API answers instead. */
  api: ClaudeEnd | undefined;
  refreshFails = false;

  constructor(world: FakeWorld) {
    this.#world = world;
    world.cli = (question) => this.run(question);
  }

  /** Returns a person's new login, as an object for the credentials file. */
  login(
    email = "alice@example.com",
    changes: Readonly<Record<string, unknown>> = {},
  ): Record<string, unknown> {
    return {
      ...this.#grant(email),
      refreshTokenExpiresAt: this.#world.time + 30 * 86_400_000 + this.#count,
      ...changes,
    };
  }

  setupToken(email = "alice@example.com"): Record<string, unknown> {
    const token = `fake-setup-${++this.#count}`;
    this.access.set(token, email);
    return { accessToken: token, expiresAt: this.#world.time + 365 * 86_400_000, scopes: ["user:inference"] };
  }

  signIn(oauth: Record<string, unknown>): void {
    const kept: unknown = JSON.parse(this.#world.text(CREDENTIALS) ?? '{"mcpOAuth":{"server":"fake-mcp"}}');
    this.#world.put(CREDENTIALS, JSON.stringify({ ...(kept as object), claudeAiOauth: oauth }));
  }

  /** Returns the login in the home. */
  home(): Record<string, unknown> | undefined {
    const text = this.#world.text(CREDENTIALS);
    return text === undefined
      ? undefined
      : (JSON.parse(text) as { claudeAiOauth: Record<string, unknown> }).claudeAiOauth;
  }

  /** Revokes a login at the server. */
  revoke(oauth: Record<string, unknown> | undefined): void {
    this.access.delete(String(oauth?.["accessToken"]));
    this.refresh.delete(String(oauth?.["refreshToken"]));
  }

  /** Runs the CLI in the home, or in another folder. */
  run({ configFolder }: ClaudeQuestion): ClaudeEnd {
    const folder = configFolder ?? join(HOME, ".claude");
    const configuration =
      configFolder === undefined ? join(HOME, ".claude.json") : join(configFolder, ".claude.json");
    const path = join(folder, ".credentials.json");
    const text = this.#world.text(path);
    if (text === undefined) return error("Not logged in · Please run /login", null);
    const content = JSON.parse(text) as { claudeAiOauth: Record<string, unknown> };
    let oauth = content.claudeAiOauth;
    if (oauth["accessToken"] === "")
      return error("Failed to authenticate: OAuth session expired and could not be refreshed", null);
    const due =
      Number(oauth["expiresAt"]) <= this.#world.time || !this.access.has(String(oauth["accessToken"]));
    const token = oauth["refreshToken"];
    if (due && typeof token === "string" && token.trim() !== "" && !this.refreshFails) {
      const email = this.refresh.get(token);
      if (configFolder !== undefined && this.used.has(token)) this.replays++;
      if (email === undefined) {
        this.#world.put(
          path,
          JSON.stringify({
            ...content,
            claudeAiOauth: { ...oauth, accessToken: "", refreshToken: "", expiresAt: 0 },
          }),
        );
        return error("Failed to authenticate: OAuth session expired and could not be refreshed", null);
      }
      this.refresh.delete(token);
      this.used.add(token);
      oauth = { ...oauth, ...this.#grant(email) };
      this.#world.put(path, JSON.stringify({ ...content, claudeAiOauth: oauth }));
    }
    if (this.api !== undefined) return this.api;
    const email = this.access.get(String(oauth["accessToken"]));
    if (email === undefined)
      return error("Failed to authenticate. API Error: 401 OAuth token has expired.", 401);
    if (this.#world.text(configuration) === undefined) {
      const oauthAccount = { emailAddress: email, profileFetchedAt: this.#world.time };
      this.#world.put(configuration, JSON.stringify({ oauthAccount }));
    }
    return said({ is_error: false, api_error_status: null, result: "OK" }, 0);
  }

  #grant(email: string): Record<string, unknown> {
    const number = ++this.#count;
    this.access.set(`fake-access-${number}`, email);
    this.refresh.set(`fake-refresh-${number}`, email);
    return {
      accessToken: `fake-access-${number}`,
      refreshToken: `fake-refresh-${number}`,
      expiresAt: this.#world.time + 8 * 3_600_000,
      scopes: ["user:inference", "user:profile"],
    };
  }
}

export const CREDENTIALS = join(HOME, ".claude/.credentials.json");

/** Returns the end of a CLI that answered with an error. */
export function error(result: string, status: number | null): ClaudeEnd {
  return said({ is_error: true, api_error_status: status, result }, 1);
}

function said(body: object, code: number): ClaudeEnd {
  return {
    kind: "ended",
    code,
    signal: null,
    stdout: JSON.stringify({ type: "result", ...body }),
    stderr: "",
  };
}
