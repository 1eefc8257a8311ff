/** What is read from `state.json`. */
import { expect, test } from "vitest";
import { freshAgentState, parseAgentState } from "../../../contract/agent-state.ts";

test("a memory that cannot be understood is none", () => {
  for (const text of ["", "[]", '{"seen":5}', "x"]) expect(parseAgentState(text)).toEqual(freshAgentState());
  // What an earlier version wrote is understood.
  expect(parseAgentState('{"seen":"abc","probe":null}')).toEqual({ ...freshAgentState(), seen: "abc" });
});
