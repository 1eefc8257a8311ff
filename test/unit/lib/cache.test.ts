import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { cached, cacheFolder, contentKey } from "../../../lib/cache.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

const silent = () => undefined;

describe("the cache folder", () => {
  it("follows XDG_CACHE_HOME only when that is absolute", () => {
    expect(cacheFolder({ XDG_CACHE_HOME: "/var/cache/me" })).toBe("/var/cache/me/claude-fleet");
    expect(cacheFolder({ XDG_CACHE_HOME: "relative" })).toMatch(/\/\.cache\/claude-fleet$/);
    expect(cacheFolder({})).toMatch(/\/\.cache\/claude-fleet$/);
  });
});

describe("a cached folder", () => {
  it("is built once and found afterwards", async () => {
    const cache = await temporaryFolder();
    let builds = 0;
    const build = async (folder: string) => {
      builds++;
      await writeFile(join(folder, "result"), "whole");
    };
    const first = await cached("kind", "key", silent, build, cache);
    const second = await cached("kind", "key", silent, build, cache);
    expect(second).toBe(first);
    expect(builds).toBe(1);
    expect(await readFile(join(first, "result"), "utf8")).toBe("whole");
  });

  it("is built once for two processes at the same time, and the waiting process says so", async () => {
    const cache = await temporaryFolder();
    let builds = 0;
    const said: string[] = [];
    const build = async (folder: string) => {
      builds++;
      await sleep(300);
      await writeFile(join(folder, "result"), "whole");
    };
    const both = await Promise.all([
      cached("kind", "key", (text) => said.push(text), build, cache),
      cached("kind", "key", (text) => said.push(text), build, cache),
    ]);
    expect(builds).toBe(1);
    expect(both[0]).toBe(both[1]);
    expect(said.join()).toContain("waits for another process");
  });

  it("is missing after a failed build, and a leftover of a killed build does not prevent the next one", async () => {
    const cache = await temporaryFolder();
    const failing = () => Promise.reject(new Error("no network"));
    await expect(cached("kind", "key", silent, failing, cache)).rejects.toThrow("no network");
    expect(existsSync(join(cache, "kind/key"))).toBe(false);
    await mkdir(join(cache, "kind/.key.4711.tmp"), { recursive: true });
    await cached("kind", "key", silent, (folder) => writeFile(join(folder, "result"), ""), cache);
    expect((await readdir(join(cache, "kind"))).sort()).toEqual([".key.lock", "key"]);
  });
});

it("has another key for other sources", () => {
  expect(contentKey("a", ["b"])).toBe(contentKey("a", ["b"]));
  expect(contentKey("a", ["b"])).not.toBe(contentKey("a", ["c"]));
  expect(contentKey("a")).toMatch(/^[0-9a-f]{16}$/);
});
