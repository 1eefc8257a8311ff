/** The drifts that name tokens. */
import { expect, it } from "vitest";
import {
  accessorsNamedIn,
  leavingTokenLine,
  unownedTokenDrift,
} from "../../../../plan/drift/unowned-tokens.ts";
import type { FleetToken } from "../../../../plan/vault/token-owners.ts";

const token = (accessor: string, changes: Partial<FleetToken> = {}): FleetToken => ({
  ...{ accessor, user: "alice", host: "devvm" },
  ...changes,
});

it.each([unownedTokenDrift, leavingTokenLine])(
  "tokens are found again in the drift that names them",
  (write) => {
    const drift = [token("abc"), token("d.e-F_1", { user: "x\ntoken evil: y", host: undefined })]
      .map(write)
      .join("\n");
    expect(accessorsNamedIn(drift)).toEqual(["abc", "d.e-F_1"]);
    expect(accessorsNamedIn("")).toEqual([]);
  },
);
