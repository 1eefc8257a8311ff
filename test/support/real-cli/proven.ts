/** Cases in which the API accepts the login. */
import { expect } from "vitest";
import type { DecisionCase } from "./decision-case.ts";
import type { Stage } from "./stage.ts";

/** Signs in while the former login is proven, and again while the new login is proven. */
async function signInTwice(stage: Stage): Promise<void> {
  const { anthropic } = stage.environment;
  await stage.inferences(1);
  await stage.signIn();
  await anthropic.release();
  await stage.inferences(2);
  await stage.signIn();
  await anthropic.behaveWell();
}

const OK = { word: "OK", class: "ok", code: 0 } as const;

export const PROVEN: readonly DecisionCase[] = [
  {
    name: "the access token has expired, and is refreshed",
    arrange: async (stage) => {
      await stage.settle();
      await stage.age();
    },
    ...OK,
    reason: "refresh-proven",
    backup: "written",
    home: "refreshed",
    vault: "refreshed",
  },
  {
    name: "a refresh that brings no new refresh token",
    arrange: async (stage) => {
      await stage.settle();
      await stage.age();
      await stage.behave({ refresh: "ok-without-refresh-token" });
    },
    ...OK,
    reason: "refresh-proven",
    backup: "unchanged",
    home: "refreshed",
    vault: "same",
  },
  {
    name: "a person signs in, twice, while the login is being proven",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "ok", hold: true });
    },
    during: signInTwice,
    ...OK,
    reason: "new-login",
    backup: "written",
    home: "signed-in",
    vault: "refreshed",
  },
  {
    name: "the access token has expired, is accepted, and is not refreshed",
    arrange: async (stage) => {
      await stage.settle();
      await stage.age();
      await stage.behave({ refresh: "500" });
    },
    word: "WARN",
    class: "ok",
    reason: "refresh-failing",
    code: 0,
    backup: "unchanged",
    why: /This may pass\. If it lasts, alice runs/,
    home: "same",
    vault: "same",
  },
  {
    name: "the same for too long",
    arrange: async (stage) => {
      await stage.settle();
      await stage.age();
      await stage.behave({ refresh: "500" });
      await stage.run();
      await stage.settings({ waits: { refreshFailingSeconds: 1 } });
    },
    word: "FAIL",
    class: "ok",
    reason: "refresh-failing",
    code: 12,
    backup: "unchanged",
    home: "same",
    vault: "same",
  },
  {
    name: "a login that works, for the first time",
    arrange: (stage) => stage.signIn(),
    ...OK,
    reason: "proven",
    backup: "written",
    home: "signed-in",
    vault: "stored",
    also: (_, { requests }) => {
      expect(requests.filter(({ path }) => path === "/v1/oauth/token")).toEqual([]);
      return Promise.resolve();
    },
  },
  {
    name: "a login that works, for the second time",
    arrange: (stage) => stage.settle(),
    ...OK,
    reason: "proven",
    backup: "unchanged",
    home: "same",
    vault: "same",
  },
  {
    name: "a setup-token that works",
    arrange: (stage) => stage.setupToken(),
    ...OK,
    reason: "proven",
    backup: "written",
    home: "same",
    vault: "stored",
  },
];
