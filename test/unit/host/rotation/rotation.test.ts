/** What a rotation writes on the token's host, who may, and what a diagnosis sees there. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import type { HostToken } from "../../../../contract/token-file.ts";
import { parseRequest } from "../../../../contract/parse-messages.ts";
import { tokenEvidence, type TokenQuestion } from "../../../../contract/rotation.ts";
import { handle } from "../../../../host/handlers.ts";
import type { HostRequest } from "../../../../contract/actions.ts";
import type { Session } from "../../../../host/session.ts";
import { valueOf, withValue } from "../../../../host/rotation/environment-file.ts";
import { countingFrom, countLine } from "../../../../host/rotation/count-log-lines.ts";
import { runSiteTask } from "../../../../host/rotation/site-command.ts";
import { login, setupToken } from "../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import { sha256Of } from "../../../../lib/sha256.ts";

const own = process.getuid?.() ?? 0;
const session = { progress: () => undefined } as unknown as Session;
const system = () => Promise.reject(new Error("a rotation needs no systemd"));
const act = async (request: HostRequest) => (await handle(request, { session, system })).result;
const text = (oauth: Record<string, unknown>) => `${JSON.stringify({ claudeAiOauth: oauth })}\n`;
const LOGS = { windowSeconds: 3600, noise: [], refused: [], fallback: [], subscription: [] };
const BORIS = { id: "11111111-boris", by: "boris@laptop" };
const ANA = { id: "22222222-anca", by: "anca@desk" };

/** A server of the Messages API that answers each bearer token by a status. */
async function api(statuses: Readonly<Record<string, number>>): Promise<string> {
  const server = createServer((request, response) => {
    const status = statuses[request.headers.authorization?.replace("Bearer ", "") ?? ""] ?? 401;
    const body = status === 200 ? { type: "message" } : { type: "error", error: { message: "no" } };
    response.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function tokenHost(apiUrl = "http://127.0.0.1:1", oauth = setupToken("old")) {
  const folder = await temporaryFolder();
  const file = join(folder, "auth.json");
  await writeFile(file, text(oauth), { mode: 0o600 });
  const token: HostToken = {
    protocol: 1,
    fleet: "unittest",
    name: "platform",
    file,
    uids: [own],
    gate: { probe: "https", allowRefreshToken: false, apiUrl, claude: undefined, model: "some-model" },
  };
  const environment = {
    file: join(folder, ".env"),
    variables: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"],
  };
  return { folder, token, environment };
}

const take = (token: HostToken, owner = BORIS, takeOver = false) =>
  act({ action: "rotation-lock", token, owner, takeOver });

describe("one rotation at a time", () => {
  it("is at work on a token; others are told who it is and since when", async () => {
    const { token } = await tokenHost();
    expect(await take(token)).toMatchObject({ held: true, mark: { by: "boris@laptop" } });
    expect(await take(token, ANA)).toMatchObject({ held: false, mark: { by: "boris@laptop" } });
    expect(await take(token)).toMatchObject({ held: true });
  });

  it("goes on where it was left, and shows that it lives", async () => {
    const { token } = await tokenHost();
    const first = (await take(token)) as { mark: { since: string } };
    const again = (await take(token)) as { mark: { since: string; seen: string } };
    expect(again.mark.since).toBe(first.mark.since);
    expect(Date.parse(again.mark.seen)).toBeGreaterThanOrEqual(Date.parse(again.mark.since));
  });

  it("can be taken over, and is not the former one's any more", async () => {
    const { token } = await tokenHost();
    await take(token);
    expect(await take(token, ANA, true)).toMatchObject({ held: true, mark: { by: "anca@desk" } });
    const late = act({ action: "deliver-token", token, id: BORIS.id, content: text(setupToken("new")) });
    await expect(late).rejects.toThrow(/is anca@desk's, since .* nothing was changed/);
    expect(await act({ action: "rotation-unlock", token, id: BORIS.id })).toEqual({ released: false });
    expect(await act({ action: "rotation-unlock", token, id: ANA.id })).toEqual({ released: true });
    expect(await take(token)).toMatchObject({ held: true });
  });

  it("is one of many that begin at the same moment", async () => {
    const { token } = await tokenHost();
    const owners = Array.from({ length: 8 }, (_, index) => ({ id: `rotation-${index}`, by: `o${index}@x` }));
    const taken = await Promise.all(owners.map((owner) => take(token, owner)));
    expect(taken.filter((result) => (result as { held: boolean }).held)).toHaveLength(1);
  });
});

describe("a delivery", () => {
  const deliver = (token: HostToken, content: string) =>
    act({ action: "deliver-token", token, id: BORIS.id, content });

  it("puts the file in its place, 0600 and its owner's, once", async () => {
    const { token } = await tokenHost();
    await take(token);
    const content = text(setupToken("new"));
    expect(await deliver(token, content)).toEqual({ sha256: sha256Of(Buffer.from(content)), changed: true });
    expect(await readFile(token.file, "utf8")).toBe(content);
    expect((await stat(token.file)).mode & 0o777).toBe(0o600);
    expect(await deliver(token, content)).toMatchObject({ changed: false });
  });

  it("changes nothing for who does not have the lock", async () => {
    const { token } = await tokenHost();
    await expect(deliver(token, text(setupToken("new")))).rejects.toThrow("is nobody's");
    expect(await readFile(token.file, "utf8")).toContain("fake-access-old");
  });

  test.each<[string, string, string]>([
    ["a login", text(login("new")), "holds a refresh token"],
    ["what has expired", text(setupToken("new", { expiresAt: 1 })), "has expired"],
    ["what is no token file", "{}", "is not a token file"],
  ])("refuses %s, and leaves the file as it was", async (_, content, words) => {
    const { token } = await tokenHost();
    await take(token);
    await expect(deliver(token, content)).rejects.toThrow(words);
    await expect(deliver(token, content)).rejects.toThrow(
      "The file is as it was, and no container was touched.",
    );
    expect(await readFile(token.file, "utf8")).toContain("fake-access-old");
  });

  it("says what lies there instead of a file", async () => {
    const { token, folder } = await tokenHost();
    const place = { ...token, file: join(folder, "sub/auth.json") };
    await mkdir(join(folder, "sub/auth.json"), { recursive: true });
    await take(place);
    await expect(deliver(place, text(setupToken("new")))).rejects.toThrow("is a folder instead of a file");
  });

  it("writes the bare token into the environment file, under every name, and leaves the rest", async () => {
    const { token, environment } = await tokenHost();
    await writeFile(environment.file, "# kept\nexport ANTHROPIC_API_KEY='x'\nLOG=1\n", { mode: 0o640 });
    await take(token);
    const sync = () => act({ action: "sync-environment", token, id: BORIS.id, environment });
    expect(await sync()).toEqual({ changed: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"] });
    expect(await readFile(environment.file, "utf8")).toBe(
      "# kept\nexport ANTHROPIC_API_KEY=fake-access-old\nLOG=1\nCLAUDE_CODE_OAUTH_TOKEN=fake-access-old\n",
    );
    expect((await stat(environment.file)).mode & 0o777).toBe(0o640);
    expect(await sync()).toEqual({ changed: [] });
  });

  it("says that there is no environment file", async () => {
    const { token, environment } = await tokenHost();
    await take(token);
    const sync = act({ action: "sync-environment", token, id: BORIS.id, environment });
    await expect(sync).rejects.toThrow(`The environment file ${environment.file} cannot be read (missing)`);
  });
});

describe("an environment file", () => {
  test.each<[string, string | undefined]>([
    ["A=1", "1"],
    ["A = 1 ", "1"],
    [`A="1"`, "1"],
    ["export A='1'\r\n", "1"],
    ["A=1\nA=2\n", "2"],
    ["AA=1\n#A=1\n", undefined],
    ["A=\n", ""],
  ])("%j holds %j", (content, value) => {
    expect(valueOf(content, "A")).toBe(value);
  });

  it("keeps line ends, order and comments, and ends with a line's end", () => {
    expect(withValue("# A=1\r\nA=1\r\nB=2\r\n", ["A"], "x")).toBe("# A=1\r\nA=x\r\nB=2\r\n");
    expect(withValue("B=2", ["A", "C"], "x")).toBe("B=2\nA=x\nC=x\n");
    expect(withValue("", ["A"], "x")).toBe("A=x\n");
  });
});

describe("the services' words", () => {
  it("are counted by the texts that a line holds, each line once a kind", () => {
    const counts = { noise: 0, refused: 0, fallback: 0, subscription: 0 };
    const logs = {
      ...LOGS,
      noise: ["token_revoked"],
      refused: ["401", "unauthorized"],
      fallback: ["fallback_key"],
    };
    for (const line of ["token_revoked token_revoked", "401 unauthorized", "fallback_key 401", "nothing"]) {
      countLine(counts, line, logs);
    }
    expect(counts).toEqual({ noise: 1, refused: 2, fallback: 1, subscription: 0 });
  });

  it("count from the container's own start, or from the window's where that is later", () => {
    const now = Date.parse("2026-05-22T03:00:00Z");
    expect(countingFrom("2026-05-22T02:59:00.123456789Z", 3600, now)).toBe("2026-05-22T02:59:00.123Z");
    expect(countingFrom("2026-05-01T00:00:00Z", 3600, now)).toBe("2026-05-22T02:00:00.000Z");
    expect(countingFrom("", 3600, now)).toBe("2026-05-22T02:00:00.000Z");
  });
});

describe("a diagnosis", () => {
  const questionOf = (token: HostToken, changes: Partial<TokenQuestion> = {}): TokenQuestion => ({
    token,
    services: [],
    gateway: undefined,
    fallbackKey: undefined,
    environment: undefined,
    logs: LOGS,
    failedTasks: undefined,
    former: false,
    ...changes,
  });
  const diagnose = async (question: TokenQuestion) => {
    const line = JSON.stringify({ action: "diagnose-token", question });
    // As it arrives on the host: what the settings leave out is not there.
    const request = parseRequest(line) as Extract<HostRequest, { action: "diagnose-token" }>;
    return tokenEvidence.parse(await act(request));
  };

  it("asks the API with the file's token, and the gateway with its key from its own file", async () => {
    const url = await api({ "fake-access-old": 200, "fake-gateway-key": 200 });
    const { token, environment } = await tokenHost(url);
    await writeFile(environment.file, "GATEWAY=fake-gateway-key\nANTHROPIC_API_KEY=fake-access-old\n");
    const variable = (name: string) => ({ file: environment.file, variable: name });
    const gateway = { url, model: "some-model", key: variable("GATEWAY") };
    const seen = await diagnose(
      questionOf(token, { gateway, environment, fallbackKey: variable("FALLBACK") }),
    );
    expect(seen).toMatchObject({
      candidate: { outcome: "ok", why: "" },
      gateway: { outcome: "ok" },
      fallbackKey: "absent",
      environment: [
        { variable: "CLAUDE_CODE_OAUTH_TOKEN", state: "missing" },
        { variable: "ANTHROPIC_API_KEY", state: "same" },
      ],
      missing: [],
    });
    expect(JSON.stringify(seen)).not.toMatch(/fake-(?:access|gateway)/);
  });

  test.each<[number, string]>([
    [401, "refused"],
    [403, "not-allowed"],
    [429, "limit"],
    [529, "upstream"],
    [418, "unknown"],
  ])("tells of a %i that it is %s", async (status, outcome) => {
    const { token } = await tokenHost(await api({ "fake-access-old": status }));
    expect((await diagnose(questionOf(token))).candidate).toMatchObject({ outcome });
  });

  it("asks with the tokens that were given before, where the file is another", async () => {
    const url = await api({ "fake-access-new": 401, "fake-access-old": 200 });
    const { token } = await tokenHost(url);
    const old = sha256Of(await readFile(token.file));
    const copies = join(dirname(token.file), "auth.d");
    await mkdir(copies, { mode: 0o700 });
    await writeFile(join(copies, `${old}.${own}.json`), await readFile(token.file), { mode: 0o600 });
    await writeFile(join(copies, "gate.json"), JSON.stringify({ generation: 1, passed: [old] }));
    await writeFile(token.file, text(setupToken("new")));
    expect(await diagnose(questionOf(token))).toMatchObject({
      candidate: { outcome: "refused" },
      current: { sha256: old, call: { outcome: "ok" } },
    });
  });

  it("says what it could not see, and goes on", async () => {
    const { token, folder } = await tokenHost(await api({ "fake-access-old": 200 }));
    const missing = { file: join(folder, "none"), variable: "X" };
    const gateway = { url: "http://127.0.0.1:1", model: "m", key: missing };
    const failedTasks = [join(folder, "none")];
    const seen = await diagnose(questionOf(token, { gateway, fallbackKey: missing, failedTasks }));
    expect(seen).toMatchObject({
      candidate: { outcome: "ok" },
      gateway: null,
      fallbackKey: null,
      failedTasks: null,
    });
    expect(seen.missing).toHaveLength(3);
  });

  it("makes no call for a file that is none", async () => {
    const { token } = await tokenHost();
    await writeFile(token.file, "nonsense");
    expect(await diagnose(questionOf(token))).toMatchObject({ candidate: null, file: { kind: "invalid" } });
  });
});

describe("the site's small task", () => {
  async function program(lines: string): Promise<string> {
    const path = join(await temporaryFolder(), "task");
    await writeFile(path, `#!/bin/sh\n${lines}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it("says in its last line what it cost and who paid", async () => {
    const path = await program(`echo working; echo '{"cost": 0, "source": "'$1'"}'`);
    expect(await runSiteTask([path, "max_subscription"])).toEqual({ cost: 0, source: "max_subscription" });
  });

  it("that fails, or says something else, is named", async () => {
    await expect(runSiteTask([await program("echo broken >&2; exit 3")])).rejects.toThrow(
      "ended with exit code 3 (broken)",
    );
    await expect(runSiteTask([await program("echo done")])).rejects.toThrow("did not end with a line like");
  });
});
