/** Tests the command that runs `claude setup-token`. */
import { expect, it } from "vitest";
import { scriptCommand } from "../../../../../cli/rotate/sources/setup-token.ts";

it("runs in a wide terminal, by script(1) of Linux and of BSD", () => {
  expect(scriptCommand("linux", "/opt/my claude", "/tmp/r")).toEqual([
    "script",
    "--quiet",
    "--return",
    "--command",
    `/bin/sh -c 'stty cols 320 rows 50; exec '\\''/opt/my claude'\\'' setup-token'`,
    "/tmp/r",
  ]);
  expect(scriptCommand("darwin", "/opt/claude", "/tmp/r").slice(0, 4)).toEqual([
    "script",
    "-q",
    "/tmp/r",
    "/bin/sh",
  ]);
});
