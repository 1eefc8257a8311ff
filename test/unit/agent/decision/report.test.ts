/** Which of several failures a report names, and with which exit code a run ends. */
import { describe, expect, test } from "vitest";
import { exitCodeOf, type LastingVerdict } from "../../../../agent/decision/consequences.ts";
import { reportOf } from "../../../../agent/decision/report.ts";
import {
  BACKUP_STATES,
  REASONS,
  SHARED_TOKEN,
  type BackupState,
  type Reason,
  type Word,
} from "../../../../contract/agent-classes.ts";
import { reportLine } from "../../../../contract/agent-report.ts";
import { owner as person } from "../../../support/fakes/facts.ts";

const owner = { ...person, user: "alice", fleet: "dev" };
const words: readonly Word[] = ["OK", "INFO", "WARN", "FAIL"];
/** Every reason with its own word, and as a failure that has lasted. */
const verdicts = (Object.keys(REASONS) as Reason[]).flatMap((reason): LastingVerdict[] => {
  const { class: runClass, word } = REASONS[reason];
  const own: LastingVerdict = { class: runClass, reason, word };
  return word === "WARN" ? [own, { ...own, word: "FAIL" }] : [own];
});
const states = Object.keys(BACKUP_STATES) as BackupState[];

function reported(verdict: LastingVerdict, state: BackupState, shared = false) {
  return reportOf(owner, {
    verdict,
    why: undefined,
    backup: { state, why: undefined },
    sharedToken: { shared: shared ? ["/etc/environment"] : [], own: [] },
    warnings: [],
    remarks: [],
    claude: undefined,
    vaultTtlSeconds: undefined,
  });
}

describe.each(verdicts.map((verdict) => [`${verdict.word} ${verdict.reason}`, verdict] as const))(
  "beside the verdict %s",
  (_, verdict) => {
    test.each(states)("the backup %s gives word, reason and exit code of the worse", (state) => {
      const backup = BACKUP_STATES[state];
      const { word, class: runClass, reason, exitCode, failed } = reported(verdict, state);
      const worse = words.indexOf(backup.word) > words.indexOf(verdict.word) ? backup.word : verdict.word;
      const isBackups = backup.word === "FAIL" && verdict.word !== "FAIL";
      expect({ word, runClass, reason, exitCode, failed }).toEqual({
        word: worse,
        runClass: verdict.class,
        reason: isBackups ? state : verdict.reason,
        exitCode: isBackups ? backup.exit : exitCodeOf(verdict),
        failed: isBackups ? "backup" : undefined,
      });
    });

    test("a shared token is named unless the login or the backup fails", () => {
      const alone = reported(verdict, "unchanged", true);
      const isShared = verdict.word !== "FAIL";
      expect(alone.word).toBe("FAIL");
      expect(alone.reason).toBe(isShared ? SHARED_TOKEN.reason : verdict.reason);
      expect(alone.exitCode).toBe(isShared ? SHARED_TOKEN.exit : exitCodeOf(verdict));
      expect(alone.failed).toBe(isShared ? "environment" : undefined);
      expect(reported(verdict, "foreign", true).reason).toBe(isShared ? "foreign" : verdict.reason);
    });
  },
);

test("a failed run never exits with 0, and the line names what failed beside the login", () => {
  for (const verdict of verdicts)
    for (const state of states)
      if (reported(verdict, state).word === "FAIL") expect(reported(verdict, state).exitCode).not.toBe(0);
  const proven = { class: "ok", reason: "proven", word: "OK" } as const;
  expect(reportLine(reported(proven, "refused"))).toMatch(
    /^FAIL user=alice class=ok reason=refused fleet=dev backup=refused failed=backup why="The login works, but it is not backed up\./,
  );
  expect(reportLine(reported(proven, "unchanged", true))).toContain(" backup=unchanged failed=environment ");
});
