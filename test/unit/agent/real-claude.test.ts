/** The CLI is waited for and never signalled. */
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { identityOf, processesIn, startProbe, type ProbeRequest } from "../../../agent/real-claude.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

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

async function probe(request: ProbeRequest, waitMs: number) {
  const started = await startProbe(request);
  return "why" in started ? started : { ...(await started.end(waitMs)), process: started.process };
}

test("what the CLI says is read, and nothing stays behind", async () => {
  const { folder, request } = await fakeCli('pwd; echo "$1" >&2; cat; exit 3');
  const end = await probe(request, 10_000);
  expect(end).toMatchObject({
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
  const end = await probe(request, 300);
  if (!("kind" in end) || end.kind !== "late" || end.process === null)
    throw new Error("expected a living CLI");
  const { process: identity } = end;
  expect(await identityOf(identity.pid)).toEqual(identity);
  expect(await processesIn(request.cwd)).toContainEqual(identity);
  await expect.poll(() => identityOf(identity.pid), { timeout: 20_000 }).toBeNull();
  expect(await processesIn(request.cwd)).toEqual([]);
  expect(await readFile(join(folder, "done"), "utf8")).toBe("y\n");
  expect(await readdir(folder)).not.toContain("signal");
});

test("a CLI that was killed or cannot be started is told apart", async () => {
  const { request } = await fakeCli("kill -9 $$");
  expect(await probe(request, 10_000)).toMatchObject({ kind: "ended", signal: "SIGKILL" });
  expect(await probe({ ...request, claude: `${request.claude}.absent` }, 10_000)).toEqual({ why: "ENOENT" });
});
