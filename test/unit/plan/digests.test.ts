/** The entries of a workstation's command, which a diff shows. */
import { expect, it } from "vitest";
import { planEntries } from "../../../plan/digests.ts";
import { plan } from "../../support/plan/workstation.ts";

it("the entries name every user and file, and only the entry of a changed user changes", () => {
  const entries = planEntries(plan);
  expect(Object.keys(entries)).toEqual([
    "program",
    "vault",
    "renewal",
    ...plan.files.map(({ path }) => `file ${path}`),
    "user alice",
    "user guest",
  ]);
  const other = {
    ...plan,
    users: plan.users.map((entry) => (entry.name === "guest" ? { ...entry, email: "x@example.com" } : entry)),
  };
  const changed = Object.entries(planEntries(other)).filter(([key, value]) => entries[key] !== value);
  expect(changed.map(([key]) => key)).toEqual(["user guest"]);
});
