/** The real CLI as a process: the agent waits for it and never signals it. */
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

test("the CLI's output is read, and no file stays behind", async () => {
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

test("a CLI that does not end in time is left running, and is found later", async () => {
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

test("a CLI that was killed differs from a CLI that cannot be started", async () => {
  const { request } = await fakeCli("kill -9 $$");
  expect(await probe(request, 10_000)).toMatchObject({ kind: "ended", signal: "SIGKILL" });
  expect(await probe({ ...request, claude: `${request.claude}.absent` }, 10_000)).toEqual({ why: "ENOENT" });
});
