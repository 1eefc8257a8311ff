/** A {@link Stage} with everything at once: timer, path unit, the user's own sessions. */
import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../../../claude/credentials.ts";
import { backup } from "../environment/vault.ts";
import { placesOf, unwatch, watch } from "../environment/workstation.ts";
import { kindOf } from "./account.ts";
import type { Stage } from "./stage.ts";
import { sha256 } from "../../../dev/stand-ins/anthropic/tokens.ts";

/** The stand-in's names of the refresh tokens in each place, and what the agent knows. */
export interface Places {
  readonly home: string | undefined;
  readonly scratch: string | undefined;
  readonly vault: string | undefined;
  /** The texts of agent state and Vault's entry, which hold fingerprints. */
  readonly known: string;
}

/** See the file's comment. */
export class LiveAccount {
  readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  watch(): Promise<void> {
    return watch(this.stage.environment, this.stage.user);
  }

  async unwatch(): Promise<void> {
    await this.rest();
    await unwatch(this.stage.environment, this.stage.user);
  }

  /** Starts the service once. @param amid happens at its first request to the API, or `atOnce` */
  async renew(amid: (() => Promise<void>) | undefined, atOnce: boolean): Promise<string> {
    let ended = false;
    const { anthropic } = this.stage.environment;
    const from = (await anthropic.requests()).at(-1)?.n ?? 0;
    const [ran] = await this.stage.start(async () => {
      if (amid === undefined) return;
      const over = this.#over().then(() => (ended = true));
      while (!atOnce && !ended && (await anthropic.requests(from)).length === 0) await sleep(100);
      await amid();
      await over;
    });
    return ran.log;
  }

  /** Starts the service and waits for its end. */
  async #over(): Promise<void> {
    const state = `systemctl show -p ActiveState --value claude-auth-sync@${this.stage.user}.service`;
    await this.stage.root(`for i in 1 2 3 4 5; do [ "$(${state})" = activating ] && break; sleep 0.1; done
      while [ "$(${state})" = activating ]; do sleep 0.1; done`);
  }

  /** Waits until no CLI is alive. */
  async quiet(): Promise<void> {
    await this.stage.root(`while pgrep -u ${this.stage.user} -x claude >/dev/null; do sleep 0.2; done`);
  }

  /** Waits until neither a service of the agent nor a CLI is alive. */
  async rest(): Promise<void> {
    const kinds = ["", "-backup", "-recheck"];
    const units = kinds.map((kind) => `claude-auth-sync${kind}@${this.stage.user}.service`).join(" ");
    await this.stage.root(
      `while systemctl show -p ActiveState --value ${units} | grep -q activating; do sleep 0.2; done`,
    );
    await this.quiet();
  }

  async places(): Promise<Places> {
    const { environment, user } = this.stage;
    const { agentState } = placesOf(user);
    const script = [
      agentState,
      agentState.replace("state.json", "scratch/.credentials.json"),
      placesOf(user).credentials,
    ]
      .map((path) => `cat ${path} 2>/dev/null; printf "\\0"`)
      .join("; ");
    const [remembered = "", scratch, home] = (await this.stage.root(script)).split("\0");
    const entry = (await backup(environment, user))?.data ?? {};
    const stored = entry["claude_ai_oauth_json"];
    return {
      home: refreshTokenIn(home),
      scratch: refreshTokenIn(scratch),
      vault: refreshTokenIn(typeof stored === "string" ? `{"claudeAiOauth":${stored}}` : undefined),
      known: `${remembered} ${JSON.stringify(entry)}`,
    };
  }
}

/** Returns the stand-in's name of a credentials file's refresh token. */
function refreshTokenIn(text: string | undefined): string | undefined {
  if (text === undefined || kindOf(text) !== "usable") return undefined;
  const { claudeAiOauth } = JSON.parse(text) as { claudeAiOauth: Record<string, unknown> };
  return sha256(textOf(claudeAiOauth, "refreshToken"));
}
