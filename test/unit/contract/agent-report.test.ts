/** The line of a run is for alerts and people, and holds nothing secret. */
import { expect, test } from "vitest";
import { BACKUP_STATES, CLASSES, REASONS } from "../../../contract/agent-classes.ts";
import { journalFields } from "../../../agent/journal.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { publishLine } from "../../../agent/publish.ts";
import { reportLine, withoutSecrets, type Report } from "../../../contract/agent-report.ts";
import { HOME } from "../../support/fakes/fake-agent.ts";
import { FakeWorld } from "../../support/fakes/fake-world.ts";

const report: Report = {
  user: "alice",
  fleet: "dev",
  word: "OK",
  class: "ok",
  reason: "proven",
  exitCode: 0,
  backup: "written",
  claude: "2.1.330",
  vaultTtlSeconds: 2_764_799.6,
};

test("one line says who, what and how it was", () => {
  expect(reportLine(report)).toBe(
    "OK user=alice class=ok reason=proven fleet=dev backup=written claude=2.1.330 vault_ttl=2764799s",
  );
  expect(reportLine({ ...report, word: "WARN", why: 'Vault "is"\naway' })).toMatch(
    /^WARN .* why="Vault 'is' away"$/,
  );
});

test("whatever looks like a token is taken out of others' words", () => {
  const oauth = ["sk", "ant", "oat01", "x".repeat(60)].join("-");
  const vault = `hvs.${"y".repeat(30)}`;
  const text = withoutSecrets(`bad ${oauth} and ${vault} and ${"Z".repeat(50)} end`);
  expect(text).toBe("bad <token> and <token> and <redacted> end");
});

test("the log is private, grows by a line a run, and starts empty again at 1 MiB", async () => {
  const world = new FakeWorld();
  const { log } = userPlaces(HOME);
  await publishLine(world, report, HOME);
  await publishLine(world, report, HOME);
  expect(world.text(log)?.split("\n")).toHaveLength(3);
  expect(world.text(log)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z OK user=alice /);
  world.put(log, "x".repeat(1024 * 1024), 0o644);
  await publishLine(world, report, HOME);
  expect(world.text(`${log}.1`)).toHaveLength(1024 * 1024);
  expect(world.text(log)?.split("\n")).toHaveLength(2);
  expect(world.journalled.map(({ user, class: found, reason }) => [user, found, reason])).toEqual(
    Array.from({ length: 3 }, () => ["alice", "ok", "proven"]),
  );
});

test("the journal's fields are one a line, whatever is in them", () => {
  const fields = journalFields({
    message: "m",
    word: "FAIL",
    user: "a\nPRIORITY=0",
    class: "ok",
    reason: "r",
  });
  expect(fields.trimEnd().split("\n")).toEqual([
    "PRIORITY=3",
    "SYSLOG_IDENTIFIER=claude-auth-sync",
    "CLAUDE_FLEET_WORD=FAIL",
    "CLAUDE_FLEET_USER=a PRIORITY=0",
    "CLAUDE_FLEET_CLASS=ok",
    "CLAUDE_FLEET_REASON=r",
  ]);
});

test("classes, reasons and states are words that root's reader takes, and no two failures share an exit code", () => {
  const word = /^[a-z][a-z-]{0,39}$/;
  for (const name of [CLASSES, REASONS, BACKUP_STATES].flatMap((table) => Object.keys(table)))
    expect(name).toMatch(word);
  const codes = [...Object.values(CLASSES), ...Object.values(BACKUP_STATES)].map(({ exit }) => exit);
  const failures = codes.filter((code) => code !== 0);
  expect(new Set(failures).size).toBe(failures.length);
});
