import { describe, expect, it } from "vitest";
import { type BehaviourRule, Behaviours } from "../../../../../dev/stand-ins/anthropic/behaviours.ts";

const nobody = { email: undefined, sha256: undefined };
const alice = { email: "alice@example.com", sha256: "aa" };
const bob = { email: "bob@example.com", sha256: "bb" };

const given = (...rules: BehaviourRule[]) => new Behaviours(rules, () => undefined);

describe("a rule", () => {
  it("for a token beats one for a person, which beats one for everybody; the newest wins among equals", () => {
    const behaviours = given(
      { messages: "500" },
      { sha256: "aa", messages: "429" },
      { email: "alice@example.com", messages: "401-expired" },
      { messages: "529" },
    );
    expect(behaviours.take("messages", alice).name).toBe("429");
    expect(behaviours.take("messages", { ...alice, sha256: "other" }).name).toBe("401-expired");
    expect(behaviours.take("messages", bob).name).toBe("529");
    expect(behaviours.take("messages", nobody).name).toBe("529");
  });

  it("about messages says nothing about refreshes", () => {
    expect(given({ messages: "500" }).take("refresh", alice).name).toBe("ok");
  });

  it("with a number of times is spent by exactly those whom it is for", () => {
    const behaviours = given({ email: "alice@example.com", refresh: "500", times: 2, delayMs: 5 });
    expect(behaviours.take("refresh", bob).name).toBe("ok");
    expect(behaviours.take("refresh", alice)).toEqual({ name: "500", delayMs: 5, hold: false });
    expect(behaviours.take("refresh", alice).name).toBe("500");
    expect(behaviours.take("refresh", alice).name).toBe("ok");
    expect(behaviours.rules).toEqual([]);
  });

  it("that holds its answers holds them until they are let go of, or the rules taken back", async () => {
    const behaviours = given({ messages: "ok", hold: true });
    expect(behaviours.take("messages", bob)).toMatchObject({ name: "ok", hold: true });
    const seen: string[] = [];
    const first = behaviours.released().then(() => seen.push("answered"));
    seen.push("released");
    behaviours.release();
    await first;
    expect(seen).toEqual(["released", "answered"]);
    expect(behaviours.take("messages", bob).hold).toBe(true);
    const second = behaviours.released();
    behaviours.clear();
    await second;
    expect(behaviours.take("messages", bob).hold).toBe(false);
  });
});
