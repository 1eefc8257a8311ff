/** What a diagnosis observes on the token's host. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import type { HostRequest } from "../../../../contract/actions.ts";
import { parseRequest } from "../../../../contract/parse-messages.ts";
import { tokenEvidence, type TokenQuestion } from "../../../../contract/rotation.ts";
import type { HostToken } from "../../../../contract/token-file.ts";
import { sha256Of } from "../../../../lib/sha256.ts";
import { setupToken } from "../../../support/fakes/login.ts";
import { act, own, tokenHost, tokenText } from "../../../support/fakes/token-host.ts";

/** Starts a Messages API that answers each bearer token with a status. */
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

describe("a diagnosis", () => {
  const questionOf = (token: HostToken, changes: Partial<TokenQuestion> = {}): TokenQuestion => ({
    token,
    services: [],
    gateway: undefined,
    fallbackKey: undefined,
    environment: undefined,
    logs: { windowSeconds: 3600, noise: [], refused: [], fallback: [], subscription: [] },
    failedTasks: undefined,
    former: false,
    ...changes,
  });
  const diagnose = async (question: TokenQuestion) => {
    const line = JSON.stringify({ action: "diagnose-token", question });
    // JSON drops the undefined fields, as on the way to a host.
    const request = parseRequest(line) as Extract<HostRequest, { action: "diagnose-token" }>;
    return tokenEvidence.parse(await act(request));
  };

  it("asks the API with the file's token, and the gateway with its own key", async () => {
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
  ])("reports a %i as %s", async (status, outcome) => {
    const { token } = await tokenHost(await api({ "fake-access-old": status }));
    expect((await diagnose(questionOf(token))).candidate).toMatchObject({ outcome });
  });

  it("also asks with the token that containers have, when the file holds another one", async () => {
    const url = await api({ "fake-access-new": 401, "fake-access-old": 200 });
    const { token } = await tokenHost(url);
    const old = sha256Of(await readFile(token.file));
    const copies = join(dirname(token.file), "auth.d");
    await mkdir(copies, { mode: 0o700 });
    await writeFile(join(copies, `${old}.${own}.json`), await readFile(token.file), { mode: 0o600 });
    await writeFile(join(copies, "gate.json"), JSON.stringify({ generation: 1, passed: [old] }));
    await writeFile(token.file, tokenText(setupToken("new")));
    expect(await diagnose(questionOf(token))).toMatchObject({
      candidate: { outcome: "refused" },
      current: { sha256: old, call: { outcome: "ok" } },
    });
  });

  it("reports what it could not observe, and continues", async () => {
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

  it("makes no call for a file that is no token file", async () => {
    const { token } = await tokenHost();
    await writeFile(token.file, "nonsense");
    expect(await diagnose(questionOf(token))).toMatchObject({ candidate: null, file: { kind: "invalid" } });
  });
});
