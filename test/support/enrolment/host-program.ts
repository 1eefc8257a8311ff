/**
 * The host program on a workstation in a folder, in processes of its own: one that ssh starts, and one that runs as the
 * user. Files and Vault are real, and systemd is a table.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runningNode } from "../../../host/running-node.ts";
import { handle } from "../../../host/handlers.ts";
import { parseRequest } from "../../../contract/parse-messages.ts";
import { StreamSession } from "../../../host/session.ts";
import type { Account, HostSystem } from "../../../host/system.ts";
import { userMain } from "../../../host/as-user/main.ts";
import { problemsOf } from "../../../lib/expected-error.ts";
import type { ProcessEnd } from "../../../lib/process.ts";
import { runProcess } from "../../../lib/run-process.ts";
import { OPERATOR, STAGE, type Injection, type Stage } from "./injection.ts";
import { countSteps } from "./steps.ts";

const file = process.env[STAGE] ?? "";
const stage = JSON.parse(readFileSync(file, "utf8")) as Stage;
const operator = Number(process.env[OPERATOR] ?? process.ppid);
const asUser = process.argv[2] === "user";

countSteps(asUser ? "user" : "host", stage, ({ blow }: Injection) => {
  switch (blow) {
    case "process":
      return die();
    case "machine":
      if (asUser) process.kill(process.ppid, "SIGKILL");
      return die();
    case "operator":
      return void process.kill(operator, "SIGKILL");
    case "vault":
      return void process.kill(stage.vaultPid, "SIGSTOP");
    case "disk":
    case "thief":
      return;
  }
});

/** Kills this process. Nothing else happens until the signal arrives. */
function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

const ended = (stdout: string): ProcessEnd => ({
  ...{ code: 0, signal: null, stdout, stderr: "", cut: undefined, notRun: undefined },
});

function systemctl([verb = "", ...rest]: readonly string[]): string {
  const named = rest.slice(rest.indexOf("--") + 1);
  const on = new Set(JSON.parse(readFileSync(stage.units, "utf8")) as string[]);
  if (verb === "show") {
    return named
      .map((unit) => {
        const template = unit.replace(/@.*(?=\.)/, "@");
        const there = existsSync(join(stage.root, "etc/systemd/system", template));
        const [enabled, active] = on.has(unit) ? ["enabled", "active"] : ["disabled", "inactive"];
        return `LoadState=${there ? "loaded" : "not-found"}\nUnitFileState=${enabled}\nActiveState=${active}`;
      })
      .join("\n\n");
  }
  for (const unit of named) {
    if (verb === "enable") on.add(unit);
    if (verb === "disable") on.delete(unit);
  }
  writeFileSync(stage.units, JSON.stringify([...on]));
  return "";
}

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const account = (name: string): Account => ({
  name,
  uid: 60_000,
  gid: 60_000,
  home: join(stage.root, "home", name),
});

const system: HostSystem = {
  root: stage.root,
  owner,
  program: { bytes: Buffer.from(stage.program.bytes), sha256: stage.program.sha256 },
  node: runningNode(),
  missing: () => Promise.resolve([]),
  systemctl: (args) => Promise.resolve(ended(systemctl(args))),
  journal: () => Promise.resolve(ended("")),
  wait: () => Promise.resolve(),
  accounts: (names) =>
    Promise.resolve(
      new Map(names.filter((name) => stage.users.includes(name)).map((name) => [name, account(name)])),
    ),
  asUser: async ({ home }, task, input) => {
    if (task === "enrol" && stage.injection.blow === "thief") await steal(input);
    return runProcess(process.execPath, [process.argv[1] ?? "", "user", task], {
      env: { HOME: home, [STAGE]: file, [OPERATOR]: String(operator) },
      input,
      deadlineMs: 60_000,
      maxOutputBytes: 256 * 1024,
    });
  },
  checkSudoers: () => Promise.resolve(undefined),
  lock: () => Promise.resolve({ release: () => Promise.resolve() }),
};

/** Unwraps the token on its way, as a thief that sees the wrapping token can do once. */
async function steal(input: string): Promise<void> {
  const { vault, wrapped } = JSON.parse(input) as { vault: { address: string }; wrapped: { token: string } };
  const answer = await fetch(`${vault.address}/v1/sys/wrapping/unwrap`, {
    method: "POST",
    headers: { "X-Vault-Token": wrapped.token },
  });
  const { auth } = (await answer.json()) as { auth: { client_token: string } };
  writeFileSync(stage.stolen, auth.client_token);
}

async function serve(): Promise<number> {
  const marker = /claude-fleet-[0-9a-f]{16}/.exec(process.argv.at(-1) ?? "")?.[0] ?? "";
  process.stdout.write(`${marker} have\n`);
  const session = new StreamSession(process.stdin, process.stdout);
  try {
    const request = parseRequest(await session.request());
    const { result, problems } = await handle(request, { session, system: () => Promise.resolve(system) });
    if (problems.length === 0) session.emit({ event: "result", result });
    else session.emit({ event: "failed", problems: [...problems], result });
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    session.emit({ event: "failed", problems: [...problemsOf(error)], result: null });
    return 1;
  }
}

void (asUser ? userMain(process.argv.slice(3)) : serve()).then((code) => {
  process.exitCode = code;
  process.stdin.destroy();
});
