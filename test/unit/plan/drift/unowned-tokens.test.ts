/** Tokens of the fleet that no workstation has. */
import { describe, expect, it } from "vitest";
import {
  accessorsNamedIn,
  unownedTokenDrift,
  unownedTokens,
  type FleetToken,
} from "../../../../plan/drift/unowned-tokens.ts";

describe("tokens of the fleet", () => {
  const token = (accessor: string, changes: Partial<FleetToken> = {}): FleetToken => ({
    ...{ accessor, user: "alice", host: "devvm" },
    ...changes,
  });
  const home = (accessors: string[], health = "good") =>
    ({ users: [{ name: "alice", accessors, token: { health } }] }) as never;
  const unowned = (tokens: readonly FleetToken[], workstations: Record<string, unknown>) =>
    unownedTokens(tokens, { workstations: new Map(Object.entries(workstations)) as never }).map(
      ({ accessor }) => accessor,
    );

  it("are unowned when no host has them", () => {
    const found = [
      token("b"),
      token("owned"),
      token("a"),
      token("c", { host: "gone" }),
      token("d", { user: "zoe" }),
    ];
    expect(unowned(found, { devvm: home(["owned"]) })).toEqual(["a", "b", "c", "d"]);
  });

  it("are not unowned while their host or the user's home cannot be read", () => {
    expect(unowned([token("a")], { devvm: undefined })).toEqual([]);
    expect(unowned([token("a")], { devvm: home([], "unknown") })).toEqual([]);
    const elsewhere = [token("a", { host: "gone" }), token("b", { host: undefined, user: undefined })];
    expect(unowned(elsewhere, { devvm: undefined, gpulab: home([]) })).toEqual([]);
    expect(unowned(elsewhere, { gpulab: home([]) })).toEqual(["a", "b"]);
  });

  it("are found again in the drift that names them", () => {
    const drift = [token("abc"), token("d.e-F_1", { user: "x\ntoken evil: y", host: undefined })]
      .map(unownedTokenDrift)
      .join("\n");
    expect(accessorsNamedIn(drift)).toEqual(["abc", "d.e-F_1"]);
    expect(accessorsNamedIn("")).toEqual([]);
  });
});
