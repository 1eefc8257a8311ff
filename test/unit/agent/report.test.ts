/** The line of a run is for alerts and people, and holds nothing secret. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { wordOf } from "../../../agent/exit-codes.ts";
import { userPlaces } from "../../../agent/places.ts";
import { publish, reportLine, withoutSecrets, type Report } from "../../../agent/report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const report: Report = {
  user: "alice",
  fleet: "dev",
  class: "ok",
  backup: "written",
  claude: "2.1.330",
  vaultTtlSeconds: 2_764_799.6,
};

test("one line says who, what and how it was", () => {
  expect(reportLine(report)).toBe(
    "OK user=alice class=ok fleet=dev backup=written claude=2.1.330 vault_ttl=2764799s",
  );
  expect(reportLine({ ...report, word: "WARN", why: 'Vault "is"\naway' })).toMatch(
    /^WARN .* why="Vault 'is' away"$/,
  );
  expect([wordOf("awaiting-login"), wordOf("busy"), wordOf("limit")]).toEqual(["INFO", "INFO", "FAIL"]);
});

test("whatever looks like a token is taken out of others' words", () => {
  const oauth = ["sk", "ant", "oat01", "x".repeat(60)].join("-");
  const vault = `hvs.${"y".repeat(30)}`;
  const text = withoutSecrets(`bad ${oauth} and ${vault} and ${"Z".repeat(50)} end`);
  expect(text).toBe("bad <token> and <token> and <redacted> end");
});

test("the log is private, grows by a line a run, and begins anew at 1 MiB", async () => {
  const home = await temporaryFolder();
  const { log, state } = userPlaces(home);
  await mkdir(state, { recursive: true });
  const print = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await publish(report, home, new Date("2026-01-02T03:04:05Z"));
  await publish(report, home, new Date("2026-01-02T09:04:05Z"));
  expect(print).toHaveBeenCalledTimes(2);
  expect((await readFile(log, "utf8")).split("\n")).toHaveLength(3);
  expect(await readFile(log, "utf8")).toMatch(/^2026-01-02T03:04:05\.000Z OK user=alice /);
  expect((await stat(log)).mode & 0o777).toBe(0o600);
  await writeFile(log, "x".repeat(1024 * 1024));
  await publish(report, home, new Date());
  print.mockRestore();
  expect((await stat(`${log}.1`)).size).toBe(1024 * 1024);
  expect((await readFile(log, "utf8")).split("\n")).toHaveLength(2);
});
