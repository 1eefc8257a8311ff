/** What must hold for every answer of the CLI, every file and every entry in Vault. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { REASONS } from "../../../../contract/agent-classes.ts";
import { decideWithoutVault, decideWithVault } from "../../../../agent/decision/backup.ts";
import { restoreSource } from "../../../../agent/decision/restore.ts";
import { usableView } from "../../../../agent/decision/file-view.ts";
import { withFile, withProbe } from "../../../../agent/decision/lineage.ts";
import { afterRetry, nextStep } from "../../../../agent/decision/next-step.ts";
import { verdictOf } from "../../../../agent/decision/probe-rules.ts";
import type { Facts, ProbeEnd, Verdict } from "../../../../agent/decision/facts.ts";
import type { FileView } from "../../../../agent/decision/file-view.ts";
import { freshAgentState, type AgentState } from "../../../../contract/agent-state.ts";
import { caseRows } from "../../../support/fakes/cases.ts";
import {
  answer,
  BLANK,
  CORRUPT,
  facts,
  NONE,
  NOW,
  owner,
  probed,
  UNREADABLE,
  usable,
} from "../../../support/fakes/facts.ts";
import { login } from "../../../support/fakes/login.ts";

const SILENT: readonly string[] = [
  "limit",
  "transient",
  "lock",
  "unknown",
  "tooling",
  "interrupted",
  "org-policy",
];

const known = (await caseRows()).flatMap(({ answer: said }) => (said?.is_error ? [said] : []));

const name = fc.constantFrom("a", "b", "c", "d");
const usableFile = fc
  .record({
    name,
    credential: fc.constantFrom("login" as const, "setup-token" as const, "partial" as const),
    expired: fc.boolean(),
    end: fc.constantFrom(undefined, NOW + 1, NOW + 2),
  })
  .map(({ name: who, credential, expired, end }) =>
    usable(who, {
      credential,
      expiresAt: expired ? NOW - 1 : NOW + 3_600_000,
      loginExpiresAt: end,
    }),
  );
const file: fc.Arbitrary<FileView> = fc.oneof(
  usableFile,
  fc.constantFrom<FileView>(NONE, BLANK, CORRUPT, UNREADABLE),
);
/** A text that some version may say: a known text, a changed one, or an invented one. */
const words = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc
    .tuple(fc.constantFrom(...known), fc.nat(60), fc.constantFrom("", "x", "not ", "OAuth ", "expired "))
    .map(([said, at, put]) => said.result.slice(0, at) + put + said.result.slice(at + 3)),
  fc.constantFrom(...known).map(({ result }) => result),
);
const status = fc.constantFrom(null, null, 400, 401, 403, 404, 418, 429, 500, 503, 529);
const outcome: fc.Arbitrary<ProbeEnd> = fc.oneof(
  fc
    .tuple(words, status, fc.boolean(), fc.nat(2))
    .map(([text, code, bad, exit]) => answer(text, code, bad, exit)),
  fc.record({
    kind: fc.constant("ended" as const),
    code: fc.constantFrom(0, 1, null),
    signal: fc.constantFrom(null, "SIGKILL", "SIGTERM"),
    stdout: fc.oneof(fc.constant(""), fc.string()),
    stderr: fc.string(),
  }),
  fc.constant({ kind: "late" as const }),
  fc.constant({ kind: "not-started" as const, why: "ENOENT" }),
);
const source: fc.Arbitrary<Facts["source"]> = fc.oneof(
  fc.record({
    kind: fc.constant("eligible" as const),
    fingerprint: name.map((who) => `fp-${who}`),
    credential: fc.constantFrom("login" as const, "setup-token" as const),
  }),
  fc.constantFrom<Facts["source"]>(
    { kind: "none" },
    { kind: "ineligible", why: "w" },
    { kind: "away", why: "w" },
  ),
);

/** Returns the verdict of the table when each reading and each probe finds the next of these. */
function walk(start: Facts, finds: readonly (readonly [FileView, ProbeEnd])[]): Verdict {
  let now = start;
  for (let steps = 0; ; steps++) {
    const step = nextStep(now);
    if (step.kind === "end") return step.verdict;
    const [found, said] = finds[steps % finds.length] ?? [NONE, { kind: "late" as const }];
    if (step.kind === "retry") now = afterRetry(now, step.reason, found);
    else if (now.file.kind === "usable") now = { ...now, probe: probed(said, found, now.file), file: found };
    else throw new Error("a probe without a login");
    if (steps > 40) throw new Error("the table goes round in circles");
  }
}

const walked = fc.record({
  file,
  source,
  unfinished: fc.boolean(),
  history: fc.boolean(),
  finds: fc.array(fc.tuple(file, outcome), { minLength: 1, maxLength: 6 }),
});

test("every walk through the table ends, and no class that may pass leads to a restore", () => {
  fc.assert(
    fc.property(walked, ({ finds, ...changes }) => {
      const end = walk(facts(changes), finds);
      const found = REASONS[end.reason].class;
      if (SILENT.includes(found) || found === "ok" || found === "rejected")
        expect(end.restore).toBeUndefined();
      if (end.restore !== undefined) expect(found).toBe("auth-dead");
      if (end.restore === "from-vault") expect(changes.source.kind).toBe("eligible");
    }),
    { numRuns: 3000 },
  );
});

test("no text alone makes a login dead: it must lack its refresh token, and its access token be refused or over", () => {
  fc.assert(
    fc.property(usableFile, words, status, (before, text, code) => {
      const verdict = verdictOf(probed(answer(text, code), before, before));
      if (REASONS[verdict.reason].class !== "auth-dead") return;
      expect(before.credential).not.toBe("login");
      const isOver = before.credential === "partial" && (before.expiresAt ?? 0) <= NOW;
      if (!isOver) expect([401, 403]).toContain(code);
    }),
    { numRuns: 3000 },
  );
});

test("an invented text without a status is unknown", () => {
  const invented = fc
    .string({ maxLength: 80 })
    .filter((text) => !/log|expir|refresh|connect|time|API/i.test(text));
  fc.assert(
    fc.property(usableFile, invented, (before, text) => {
      expect(verdictOf(probed(answer(text, null), before, before)).reason).toBe("odd");
    }),
  );
});

test("only a usable, complete, pinned and newest login is stored", () => {
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 6 }), file, (seen, last) => {
      const state = [...seen, last].reduce<AgentState>(
        (known_, view) => withFile(known_, view, NOW),
        freshAgentState(),
      );
      const pinned: AgentState = {
        ...state,
        login: state.login === null ? null : { ...state.login, pinned: true },
      };
      const backup = decideWithoutVault(last, pinned, owner);
      if (last.kind !== "usable") expect(backup?.state).toBe("none");
      else if (last.credential === "partial") expect(backup?.state).toBe("incomplete");
      else if (pinned.superseded.includes(last.fingerprint)) expect(backup?.state).toBe("superseded");
      if (last.kind === "usable") expect(decideWithoutVault(last, state, owner)).toBeDefined();
    }),
    { numRuns: 2000 },
  );
});

/** Returns an entry of this machine with the login `who` in it. */
const entryOf = (who: string, version: number, tried: readonly string[]) => ({
  version,
  data: {
    machine_id: owner.machineId,
    claude_ai_oauth_json: JSON.stringify(login(who, { expiresAt: NOW + 3_600_000 })),
    tried: [...tried],
  },
});
const fingerprintOf = (who: string) => usableView(login(who)).fingerprint;
const names = fc.subarray(["a", "b", "c", "d"]);

test("no login is restored that was superseded, refused, tried or perhaps used up, or after a rollback", () => {
  fc.assert(
    fc.property(
      fc.record({
        who: name,
        superseded: names,
        refused: names,
        tried: names,
        triedInVault: names,
        maybe: fc.option(name, { nil: undefined }),
        version: fc.nat(5),
        remembered: fc.nat(5),
        file,
      }),
      (given) => {
        const prints = (list: readonly string[]) => list.map(fingerprintOf);
        const state: AgentState = {
          ...freshAgentState(),
          superseded: prints(given.superseded),
          refused: prints(given.refused),
          tried: prints(given.tried),
          maybeConsumed: given.maybe === undefined ? null : fingerprintOf(given.maybe),
          vault: { version: given.remembered, fingerprint: null, storedAt: null },
        };
        const entry = entryOf(given.who, given.version, prints(given.triedInVault));
        const barred =
          [given.superseded, given.refused, given.tried, given.triedInVault].some((list) =>
            list.includes(given.who),
          ) ||
          given.maybe === given.who ||
          given.version < given.remembered;
        const found = restoreSource(entry, state, owner, given.file, NOW);
        expect(found.kind).toBe(barred ? "ineligible" : "eligible");
      },
    ),
    { numRuns: 2000 },
  );
});

test("a login that was refused in a probe is never restored later", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.boolean()), { minLength: 1, maxLength: 8 }), (history) => {
      let state = freshAgentState();
      const refused = new Set<string>();
      for (const [who, dies] of history) {
        const before = usableView(login(who));
        const facts_ = probed(answer("Not logged in", null), dies ? BLANK : before, before);
        state = withProbe(state, facts_, verdictOf(facts_).reason, NOW);
        if (dies) refused.add(who);
      }
      for (const who of refused)
        expect(restoreSource(entryOf(who, 9, []), state, owner, NONE, NOW).kind).toBe("ineligible");
    }),
  );
});

test("a write names the version that it is based on, and keeps all keys of entry and login", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 12 }).map((key) => `x_${key}`),
        fc.jsonValue(),
      ),
      fc.nat(20),
      name,
      (others, version, who) => {
        const oauth = login(who, { unknownKey: "kept" });
        const state = withFile(freshAgentState(), usableView(oauth), NOW);
        const step = decideWithVault(oauth, { data: others, version }, 0, state, owner, NOW);
        if (step.kind !== "write") throw new Error("expected a write");
        expect(step.cas).toBe(version);
        expect(step.data).toMatchObject(others);
        expect(JSON.parse(String(step.data["claude_ai_oauth_json"]))).toEqual(oauth);
      },
    ),
  );
});
