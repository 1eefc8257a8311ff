/** The change limits of one `up`. */
import { describe, expect, it } from "vitest";
import { changeLimitProblems } from "../../../plan/change-limits.ts";
import { observed, plan } from "../../support/plan/workstation.ts";

describe("the change limits", () => {
  const crowd = (names: readonly string[]) => ({
    ...plan,
    users: names.map((name) => ({ ...plan.users[0]!, name })),
  });
  const many = Array.from({ length: 30 }, (_, index) => `user${String(index).padStart(2, "0")}`);

  it("let a small change through", () => {
    expect(changeLimitProblems([{ plan, observation: observed({ enrolled: ["bob"] }) }], 2)).toEqual([]);
  });

  it("stop a large change and name the setting to raise", () => {
    expect(
      changeLimitProblems([{ plan: crowd(many), observation: observed({ enrolled: ["bob"] }) }], 25),
    ).toEqual([
      "This would enrol 30 users (user00, user01, user02, user03, user04, …) and unenrol 1 user (bob). That is more than the 25 changes that claude-fleet:renewal.maxChangesPerUp allows at once. If it is meant, raise that setting to 31; if not, restore the roster.",
    ]);
  });

  it("count over all hosts", () => {
    const answers = ["bob", "carol"].map((name) => ({
      plan,
      observation: observed({ enrolled: ["alice", name] }),
    }));
    expect(changeLimitProblems(answers, 1)).toHaveLength(1);
    expect(changeLimitProblems(answers, 2)).toEqual([]);
  });

  it("do not count the enrolments of a host's first apply", () => {
    const fresh = observed({ generation: 0, enrolled: [] });
    expect(changeLimitProblems([{ plan: crowd(many), observation: fresh }], 0)).toEqual([]);
  });

  it("refuse an emptied roster whatever the limit is", () => {
    const answers = [{ plan: crowd([]), observation: observed({ enrolled: ["alice"] }) }];
    expect(changeLimitProblems(answers, 1000)[0]).toMatch(
      /^The roster names no user, but 1 user \(alice\).*pulumi destroy/,
    );
    expect(changeLimitProblems([{ plan: crowd([]), observation: observed({ enrolled: [] }) }], 0)).toEqual(
      [],
    );
  });

  it("refuse an emptied roster while the enrolled users of a host are unknown", () => {
    expect(changeLimitProblems([{ plan: crowd([]), observation: undefined }], 1000)[0]).toMatch(
      /^The roster names no user, and the enrolled users of devvm are unknown\..*pulumi destroy/,
    );
  });

  it("do not call a roster emptied when its only host with users does not answer", () => {
    const answers = [
      { plan, observation: undefined },
      { plan: crowd([]), observation: observed({ enrolled: ["bob"] }) },
    ];
    expect(changeLimitProblems(answers, 1)).toEqual([]);
  });
});
