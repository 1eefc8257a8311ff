/** When a restore's folder is removed, and when its login must not be sent. */
import { describe, expect, test } from "vitest";
import { folderStep, hindrance } from "../../../../agent/decision/restore.ts";
import { type AgentState, freshAgentState } from "../../../../contract/agent-state.ts";
import { BLANK, CORRUPT, NONE, NOW, usable } from "../../../support/fakes/facts.ts";

const folder = usable("f");

function state(
  changes: Partial<AgentState> = {},
  stage: NonNullable<AgentState["restore"]>["stage"] = "placed",
): AgentState {
  const restore = { fingerprint: "fp-vault", credential: "login", stage } as const;
  return { ...freshAgentState(), login: login("f"), restore, ...changes };
}

function login(newest: string, changes: Partial<NonNullable<AgentState["login"]>> = {}): AgentState["login"] {
  const fingerprints = [`fp-${newest}`, "fp-vault"];
  return {
    fingerprints,
    credential: "login",
    firstSeenAt: NOW,
    loginExpiresAt: null,
    identity: null,
    pinned: true,
    follows: null,
    ...changes,
  };
}

const inVault = { vault: { version: 3, fingerprint: "fp-f", storedAt: NOW } };
const followed = { login: login("p", { fingerprints: ["fp-p"] }), superseded: ["fp-f"] };

describe("the folder", () => {
  test.each([
    ["stays while Vault does not hold its login", state(), folder, folder, "keep"],
    ["stays while the home does not hold its login", state(inVault), folder, NONE, "keep"],
    ["goes when the home and Vault both hold its login", state(inVault), folder, folder, "done"],
    [
      "stays when an unverified sign-in follows",
      state({ ...followed, login: login("p", { fingerprints: ["fp-p"], pinned: false }) }),
      folder,
      usable("p"),
      "keep",
    ],
    ["goes when a verified sign-in follows", state(followed), folder, usable("p"), "useless"],
    [
      "stays before its refresh when a verified sign-in follows",
      state(followed, "tried"),
      folder,
      usable("p"),
      "keep",
    ],
    [
      "goes when its login was refreshed elsewhere",
      state({ login: login("s", { fingerprints: ["fp-s", "fp-f"] }) }),
      folder,
      usable("s"),
      "useless",
    ],
    ["goes when its login was refused", state({ refused: ["fp-f"] }), folder, BLANK, "useless"],
    ["goes when its CLI has emptied it", state({}, "tried"), BLANK, NONE, "refused"],
    ["goes when it holds no login", state({}, "tried"), NONE, NONE, "useless"],
    ["goes when its file is corrupt", state({}, "tried"), CORRUPT, NONE, "useless"],
  ] as const)("%s", (_, remembered, inFolder, home, step) => {
    expect(folderStep(remembered, inFolder, home)).toBe(step);
  });
});

describe("the folder's login", () => {
  const due = usable("f", { expiresAt: NOW - 1 });

  test.each([
    ["may be sent when the home holds no login", state({ seen: "fp-f" }), folder, NONE, undefined],
    [
      "may be sent when the CLI emptied it in the home before it was due",
      state({ seen: "fp-f" }),
      folder,
      BLANK,
      undefined,
    ],
    ["is not sent when a CLI may have used it up", state({ maybeConsumed: "fp-f" }), folder, NONE, /used up/],
    ["is not sent when the home's CLI has emptied it", state({ seen: "fp-f" }), due, BLANK, /refused/],
    [
      "may be sent when the home's CLI has emptied another login",
      state({ seen: "fp-o" }),
      due,
      BLANK,
      undefined,
    ],
  ] as const)("%s", (_, remembered, inFolder, home, why) => {
    const found = hindrance(remembered, inFolder, home, NOW);
    if (why === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(why);
  });
});
