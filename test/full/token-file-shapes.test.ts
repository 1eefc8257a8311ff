// What is no token file stops the rollout by one sentence that says what to do, and changes nothing.
import { chmod, chown, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns } from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, preview, up } from "../support/environment/pulumi.ts";
import { rolloutOperations } from "../support/environment/rollout.ts";
import { currentTokenFile, putTokenFile, type TokenFile } from "../support/environment/token-file.ts";

interface Shape {
  readonly what: string;
  /** Brings it about at `file`, where `good` is the text of a valid token file. */
  readonly put: (file: string, good: string) => Promise<unknown>;
  /** What the sentence says after the file's path. */
  readonly said: RegExp;
}

/** A file that is right but for its text. */
async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  await chown(file, 1000, 1000);
}

const withRefreshToken = (good: string) => {
  const { claudeAiOauth } = JSON.parse(good) as { claudeAiOauth: object };
  const refreshToken = "sk-ant-ort01-obviously-fake";
  const expiresAt = Date.now() + 3_600_000;
  return JSON.stringify({ claudeAiOauth: { ...claudeAiOauth, refreshToken, expiresAt } });
};

const shapes: readonly Shape[] = [
  { what: "deleted", put: (file) => rm(file), said: /is missing; put the token file there\./ },
  { what: "empty", put: (file) => write(file, ""), said: /is not a token file: it is empty; / },
  {
    what: "a folder, as the engine makes for a missing source",
    put: async (file) => {
      await rm(file);
      await mkdir(file);
    },
    said: /is a folder instead of a file, .*; remove it, and put the token file itself there\./,
  },
  {
    what: "a symbolic link",
    put: async (file) => {
      await rename(file, `${file}.elsewhere`);
      await symlink(`${file}.elsewhere`, file);
    },
    said: /is a link instead of a file; move it away, and put the token file itself there\./,
  },
  {
    what: "readable by everybody",
    put: (file) => chmod(file, 0o644),
    said: /has the mode 0644, .*; run `chmod 600 .*` there\./,
  },
  {
    what: "owned by root",
    put: (file) => chown(file, 0, 0),
    said: /belongs to root, .*; run `chown` on it there\./,
  },
  {
    what: "10 MB long",
    put: (file, good) => write(file, good.padEnd(10 * 1024 * 1024)),
    said: /cannot be read: it is larger than 1048576 bytes; put the token file there again\./,
  },
  {
    what: "no JSON",
    put: (file) => write(file, "token: none\n"),
    said: /is not a token file: .*; put a fresh credentials file there\./,
  },
  {
    what: "JSON in hexadecimal",
    put: (file, good) => write(file, Buffer.from(good).toString("hex")),
    said: /is not a token file: it is the JSON in hexadecimal, .*; put a fresh credentials file there\./,
  },
  {
    what: "wrapped over two lines",
    put: (file, good) => write(file, good.replace("sk-ant-oat01-", "sk-ant-oat01-\n")),
    said: /is not a token file: a line break splits one of its values, .*; put a fresh credentials file there\./,
  },
  {
    what: "with a refresh token",
    put: (file, good) => write(file, withRefreshToken(good)),
    said: /holds a refresh token: .*set `gate\.allowRefreshToken: true`\./,
  },
];

describe("a token file that is", () => {
  let environment: DevEnvironment;
  let good: TokenFile;

  beforeAll(async () => {
    environment = await devEnvironment();
    good = await currentTokenFile(environment);
  });
  beforeEach(async () => {
    await restore();
  });
  afterAll(async () => {
    await restore();
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });

  async function restore(): Promise<void> {
    await rm(environment.tokenFile, { recursive: true, force: true });
    await rm(`${environment.tokenFile}.elsewhere`, { force: true });
    await putTokenFile(environment, good.content);
  }
  const copies = () => readdir(join(dirname(environment.tokenFile), "auth.d"));

  it.each(shapes)("$what", async ({ put, said }) => {
    const [runs, before] = await Promise.all([containerRuns(environment), copies()]);
    await put(environment.tokenFile, `${JSON.stringify(good.content)}\n`);
    const seen = await preview(environment);
    expect(seen.output).toMatch(
      new RegExp(`warning: token platform: ${environment.tokenFile} ${said.source}`),
    );
    const ended = await up(environment);
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, environment.tokenFile)).toMatch(said);
    for (const one of [seen, ended]) {
      expect([...new Set(rolloutOperations(one).map(({ name }) => name))]).toEqual(["platform-gate"]);
      expect(one.output).not.toContain("sk-ant-");
    }
    expect(await containerRuns(environment)).toEqual(runs);
    expect(await copies()).toEqual(before);
  });
});
