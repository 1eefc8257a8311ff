/** The CLI is waited for and never signalled. */
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { awaitFormer, markOf, probe } from "../../../agent/probe.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

async function fakeCli(script: string) {
  const folder = await temporaryFolder();
  const claude = join(folder, "claude");
  await writeFile(claude, `#!/bin/sh\n${script}\n`);
  await chmod(claude, 0o755);
  const request = {
    claude,
    args: ["-p"],
    env: { PATH: "/usr/bin:/bin" },
    cwd: join(folder, "probe"),
    scratch: folder,
  };
  return { folder, request };
}

test("what the CLI says is read, and nothing stays behind", async () => {
  const { folder, request } = await fakeCli('pwd; echo "$1" >&2; cat; exit 3');
  const end = await probe({ ...request, waitSeconds: 10 });
  expect(end).toEqual({
    kind: "ended",
    code: 3,
    signal: null,
    stdout: `${join(folder, "probe")}\n`,
    stderr: "-p\n",
  });
  expect((await readdir(folder)).sort()).toEqual(["claude", "probe"]);
});

test("a CLI that does not end in time lives on, and the next run waits for it", async () => {
  const { folder, request } = await fakeCli(
    "trap 'echo signalled > ../signal' TERM HUP INT; sleep 2; echo x; echo y > ../done",
  );
  const end = await probe({ ...request, waitSeconds: 0.3 });
  if (end.kind !== "stuck" || end.mark === null) throw new Error("expected a stuck CLI with its mark");
  expect(await markOf(end.mark.pid)).toEqual(end.mark);
  expect(await awaitFormer(end.mark, 0)).toBe(false);
  expect(await awaitFormer({ ...end.mark, startTicks: "1" }, 0)).toBe(true);
  expect(await awaitFormer(end.mark, 10)).toBe(true);
  expect(await readFile(join(folder, "done"), "utf8")).toBe("y\n");
  expect(await readdir(folder)).not.toContain("signal");
});

test("a CLI that was killed or cannot be started is told apart", async () => {
  const { request } = await fakeCli("kill -9 $$");
  expect(await probe({ ...request, waitSeconds: 10 })).toMatchObject({ kind: "ended", signal: "SIGKILL" });
  expect(await probe({ ...request, claude: `${request.claude}.absent`, waitSeconds: 10 })).toEqual({
    kind: "not-started",
    why: "ENOENT",
  });
});
