import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { renderShellLines } from "../../../dev/env.ts";

it("prints lines that a shell reads as exactly these values", () => {
  const variables = { ONE: "plain", TWO: `it's "quoted" $HOME \`id\` \\`, THREE: "two\nlines" };
  const script = `${renderShellLines(variables, ["GONE"])}env -0`;
  const env = { PATH: process.env["PATH"] ?? "", GONE: "still here" };
  const seen = execFileSync("/bin/sh", ["-c", script], { env, encoding: "utf8" }).split("\0");
  for (const [name, value] of Object.entries(variables)) expect(seen).toContain(`${name}=${value}`);
  expect(seen.filter((line) => line.startsWith("GONE="))).toEqual([]);
});
