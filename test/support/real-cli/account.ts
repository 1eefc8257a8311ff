/** A user's account on the test environment's workstation, and actions in its home. */
import { parseCredentials } from "../../../claude/credentials.ts";
import type { BehaviourRule } from "../../../dev/stand-ins/anthropic/behaviours.ts";
import type { IssueOptions, OauthObject } from "../../../dev/stand-ins/anthropic/client.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { onWorkstation, person, readCredentials } from "../environment/workstation.ts";
import { sha256 } from "../../../dev/stand-ins/anthropic/tokens.ts";

/** What the user's file holds beside the login. No program may change it. */
export const MCP = {
  "tracker|0": { serverName: "tracker", accessToken: "not-a-real-token-of-another-service" },
};

const HOUR = 3_600_000;

/** See the file's comment. */
export class Account {
  readonly user = "alice";
  readonly environment: DevEnvironment;

  constructor(environment: DevEnvironment) {
    this.environment = environment;
  }

  /** Runs a script as root on the workstation. */
  root(shell: string, input = ""): Promise<string> {
    return onWorkstation(this.environment, shell, input);
  }

  /** Runs a script as the user in the home. */
  own(shell: string, input = ""): Promise<string> {
    return onWorkstation(this.environment, `runuser -l ${this.user} -s /bin/sh -c '${shell}'`, input);
  }

  /** Sets how the API behaves for this user. */
  behave(rule: Omit<BehaviourRule, "email">): Promise<void> {
    return this.environment.anthropic.behave({ ...rule, email: person(this.user).email });
  }

  /**
   * Signs the person in.
   * @param options `expired`: the access token has expired, in the file and at the API; `email`: another person
   * @param change changes of the object in the file
   */
  async signIn(
    { expired = false, email = person(this.user).email, ...options }: SignIn = {},
    change: Readonly<Record<string, unknown>> = {},
  ): Promise<OauthObject> {
    const issue: IssueOptions = expired ? { ...options, expiresAt: Date.now() - HOUR } : options;
    const { claudeAiOauth } = await this.environment.anthropic.login(email, issue);
    const oauth = { ...claudeAiOauth, ...change };
    await this.put({ claudeAiOauth: oauth, mcpOAuth: MCP });
    return oauth;
  }

  /** Replaces the credentials file as the CLI does. */
  async put(content: object | string): Promise<void> {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const file = ".claude/.credentials.json";
    await this.own(`umask 077; cat > ${file}.new && mv ${file}.new ${file}`, text);
  }

  /** Stores a new setup-token in the credentials file. */
  async setupToken(): Promise<OauthObject> {
    const { claudeAiOauth } = await this.environment.anthropic.setupToken(person(this.user).email);
    await this.put({ claudeAiOauth, mcpOAuth: MCP });
    return claudeAiOauth;
  }

  /** Lets the login in the home expire in its file alone. */
  async age(): Promise<void> {
    for (let aged = false; !aged;) {
      const text = await this.file();
      if (text === undefined || kindOf(text) !== "usable") return;
      const file = this.parsed(text);
      const content = { ...file, claudeAiOauth: { ...file.claudeAiOauth, expiresAt: Date.now() - HOUR } };
      aged = await this.#replace(text, content);
    }
  }

  /** Replaces the file like {@link put}, unless it changed meanwhile: a successor must not be lost here. */
  async #replace(former: string, content: object): Promise<boolean> {
    const file = ".claude/.credentials.json";
    const same = `echo "${sha256(former)}  ${file}" | sha256sum --check --status`;
    const script = `umask 077; cat > ${file}.new; if ${same}; then mv ${file}.new ${file}; echo done; else rm ${file}.new; fi`;
    return (await this.own(script, JSON.stringify(content))).includes("done");
  }

  /** Lets the login in the home expire, in its file and at the API. */
  async expire(): Promise<void> {
    await this.age();
    await this.environment.anthropic.expire({ email: person(this.user).email, kind: "access" });
  }

  file(): Promise<string | undefined> {
    return readCredentials(this.environment, this.user);
  }

  parsed(text: string | undefined): { readonly claudeAiOauth: OauthObject } {
    return JSON.parse(text ?? "{}") as { claudeAiOauth: OauthObject };
  }

  /** Returns the stand-in's name of a token. */
  sha256(token: unknown): string {
    return sha256(String(token));
  }

  /** Returns which tokens of this token's owner the stand-in still accepts. */
  async lives(token: string): Promise<boolean> {
    const tokens = await this.environment.anthropic.tokens();
    return tokens.some((known) => known.sha256 === sha256(token) && known.state === "live");
  }
}

interface SignIn extends IssueOptions {
  readonly expired?: boolean;
  readonly email?: string;
}

/** Returns the state of a credentials file. */
export function kindOf(text: string | undefined): string {
  return text === undefined ? "none" : parseCredentials(text).kind;
}
