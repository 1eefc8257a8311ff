/** What a rotation writes on the token's host, and when it is refused. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import type { HostToken } from "../../../../contract/token-file.ts";
import { sha256Of } from "../../../../lib/sha256.ts";
import { login, setupToken } from "../../../support/fakes/login.ts";
import { act, BORIS, take, tokenHost, tokenText } from "../../../support/fakes/token-host.ts";

describe("a delivery", () => {
  const deliver = (token: HostToken, content: string) =>
    act({ action: "deliver-token", token, id: BORIS.id, content });

  it("writes the file once, 0600, for its owner", async () => {
    const { token } = await tokenHost();
    await take(token);
    const content = tokenText(setupToken("new"));
    expect(await deliver(token, content)).toEqual({ sha256: sha256Of(Buffer.from(content)), changed: true });
    expect(await readFile(token.file, "utf8")).toBe(content);
    expect((await stat(token.file)).mode & 0o777).toBe(0o600);
    expect(await deliver(token, content)).toMatchObject({ changed: false });
  });

  it("changes nothing without the lock", async () => {
    const { token } = await tokenHost();
    await expect(deliver(token, tokenText(setupToken("new")))).rejects.toThrow("no rotation holds it");
    expect(await readFile(token.file, "utf8")).toContain("fake-access-old");
  });

  test.each<[string, string, string]>([
    ["a login", tokenText(login("new")), "holds a refresh token"],
    ["an expired token", tokenText(setupToken("new", { expiresAt: 1 })), "has expired"],
    ["a file that is no token file", "{}", "is not a token file"],
  ])("refuses %s, and leaves the file as it was", async (_, content, words) => {
    const { token } = await tokenHost();
    await take(token);
    await expect(deliver(token, content)).rejects.toThrow(words);
    await expect(deliver(token, content)).rejects.toThrow(
      "The file is as it was, and no container was touched.",
    );
    expect(await readFile(token.file, "utf8")).toContain("fake-access-old");
  });

  it("is refused when a folder lies in the file's place", async () => {
    const { token, folder } = await tokenHost();
    const place = { ...token, file: join(folder, "sub/auth.json") };
    await mkdir(join(folder, "sub/auth.json"), { recursive: true });
    await take(place);
    await expect(deliver(place, tokenText(setupToken("new")))).rejects.toThrow(
      "is a folder instead of a file",
    );
  });

  it("writes the bare token into every variable of the environment file, and keeps the rest", async () => {
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

  it("reports a missing environment file", async () => {
    const { token, environment } = await tokenHost();
    await take(token);
    const sync = act({ action: "sync-environment", token, id: BORIS.id, environment });
    await expect(sync).rejects.toThrow(`The environment file ${environment.file} is missing; `);
  });
});
