/** How the output of getent(1) is read. */
import { expect, test } from "vitest";
import { parseAccounts } from "../../../host/accounts.ts";

test("only the requested accounts are returned, and malformed lines are skipped", () => {
  const text =
    "alice:x:1001:1002::/home/alice:/bin/sh\nroot:x:0:0::/root:/bin/sh\nbob:x:x:1::/home/bob:\ncarol:x:1:1::home:\n";
  expect([...parseAccounts(text, ["alice", "bob", "carol"]).values()]).toEqual([
    { name: "alice", uid: 1001, gid: 1002, home: "/home/alice" },
  ]);
});
