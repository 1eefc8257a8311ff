/** An engine behind ssh: a whole answer is never lost when ssh ends at once, and ssh's own words are told when it fails. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connect } from "../../../../../dev/stand-ins/pulumi-plugins/docker/connect.ts";

const former = process.env["PATH"];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "claude-fleet-ssh-"));
  process.env["PATH"] = `${folder}${delimiter}${former ?? ""}`;
});
afterEach(async () => {
  process.env["PATH"] = former;
  await rm(folder, { recursive: true });
});

/** Puts a program in ssh's place. */
async function putSsh(script: string): Promise<void> {
  await writeFile(join(folder, "ssh"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "ssh"), 0o755);
}

const docker = () => connect({ host: "ssh://lab", sshOptions: [], certPath: "" });

const ask = () =>
  Promise.allSettled(Array.from({ length: 12 }, () => docker().listContainers({ all: true })));

it.each([
  ["ends while its output waits to be read", "head -c 3000 ANSWER; sleep 0.1; tail -c +3001 ANSWER"],
  ["closes its input before it answers", "exec 0<&-; sleep 0.1; cat ANSWER"],
])("gives the whole answer of an engine whose ssh %s", async (_, script) => {
  const names = Array.from({ length: 1000 }, (_, index) => `container-${index}`);
  const body = JSON.stringify(names);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  await writeFile(join(folder, "answer"), head + body);
  await putSsh(`read -r line; ${script.replaceAll("ANSWER", join(folder, "answer"))}`);
  for (const end of await ask()) expect(end).toEqual({ status: "fulfilled", value: names });
});

it.each([
  ["before it takes the request", ""],
  ["after it has taken the request", "read -r line;"],
  ["a while after it has taken the request", "read -r line; sleep 0.2;"],
  [
    "in the middle of the answer",
    "read -r line; printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n{';",
  ],
])("tells what ssh said when ssh fails %s", async (_, script) => {
  await putSsh(`${script} echo 'Connection closed by 192.0.2.7 port 22' >&2; exit 255`);
  for (const end of await ask())
    expect(end.status === "rejected" ? String(end.reason) : end).toContain(
      "Connection closed by 192.0.2.7 port 22",
    );
});

it("tells that there is no ssh", async () => {
  process.env["PATH"] = folder;
  for (const end of await ask())
    expect(end.status === "rejected" ? String(end.reason) : end).toContain("ENOENT");
});
