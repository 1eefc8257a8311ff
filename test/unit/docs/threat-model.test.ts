/** The threat model claims nothing that no test shows: each "cannot" names tests, and those exist. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../../", import.meta.url);
const page = readFileSync(new URL("docs/threat-model.md", ROOT), "utf8");

interface Claim {
  readonly cannot: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** Rows of the tables whose first column is `cannot`. */
function claimsOf(text: string): readonly Claim[] {
  const claims: Claim[] = [];
  let within = false;
  for (const line of text.split("\n")) {
    const [, first = "", second = ""] = line.split("|").map((cell) => cell.trim());
    if (!line.startsWith("|")) within = false;
    else if (first === "cannot") within = true;
    else if (within && !/^-+$/.test(first)) claims.push({ cannot: first, tests: testsOf(second) });
  }
  return claims;
}

function testsOf(cell: string): Claim["tests"] {
  return [...cell.matchAll(/`(test\/[^`]+\.test\.ts)`: (.+?)(?=; `test\/|$)/g)].map(
    ([, file = "", title = ""]) => ({
      file,
      title,
    }),
  );
}

/** Titles of the tests of a file, those that are skipped left out. */
function titlesOf(file: string): readonly string[] {
  const text = readFileSync(new URL(file, ROOT), "utf8");
  const call =
    /\b(?:it|test)(?:\.each(?:<[^(]*>)?\((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*\))?\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/g;
  return [...text.matchAll(call)].map(([, , title = ""]) => title.replaceAll(/\\(.)/g, "$1"));
}

const claims = claimsOf(page);

describe("the threat model", () => {
  it("speaks of every threat, each with what cannot be", () => {
    const headings = [...page.matchAll(/^## (A .*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      "A malicious local user",
      "A stolen scoped token",
      "A compromised workstation",
      "A compromised CI",
      "A lost state file",
    ]);
    for (const part of page.split(/^## (?=A )/m).slice(1)) expect(claimsOf(part).length).toBeGreaterThan(3);
  });

  it.each(claims)("says who cannot $cannot, by a test that exists", ({ tests }) => {
    expect(tests).not.toEqual([]);
    for (const { file, title } of tests) {
      const titles = titlesOf(file);
      expect(
        titles.some((one) => one === title || one.startsWith(`${title} `)),
        `${title}\n${titles.join("\n")}`,
      ).toBe(true);
    }
  });
});
