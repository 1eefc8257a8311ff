/** The operator's side of a host that lies: what it asks for, and names, is judged by Vault and by the plan. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { buildPrograms, CLI_BUNDLE } from "../../build/programs.ts";
import { hostPlan } from "../../plan/workstation/host-plan.ts";
import { loadPlan } from "../../plan/load.ts";
import type { FleetPlan } from "../../plan/model.ts";
import { userPolicy } from "../../plan/vault/user-policy.ts";
import { applyInput } from "../../plan/requests/workstation.ts";
import { startOpenBao, type OpenBao } from "../support/engine/openbao.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ROSTER = {
  workstations: { devvm: { ssh: "devvm" }, gpulab: { ssh: "gpulab" } },
  users: {
    alice: { workstation: "devvm", email: "a@example.com" },
    bob: { workstation: "gpulab", email: "b@example.com" },
  },
};

const PASSPHRASE = "an obviously fake passphrase";

let bao: OpenBao;
let plan: FleetPlan;
let folder: string;

beforeAll(async () => {
  await buildPrograms(ROOT);
  bao = await startOpenBao();
  plan = loadPlan({
    settings: { fleet: "prod", vault: { address: bao.address } },
    roster: { file: "roster.yaml", text: JSON.stringify(ROSTER) },
    projectFolder: "/",
  });
  await bao.root("POST", `auth/token/roles/${plan.vault.role}`, {
    allowed_policies_glob: [plan.vault.policyGlob],
    orphan: true,
    token_period: plan.vault.tokenPeriodSeconds,
    token_no_default_policy: true,
  });
  for (const user of plan.workstations.flatMap(({ users }) => users)) {
    await bao.root("POST", `sys/policies/acl/${user.policy}`, { policy: userPolicy(user) });
  }
});
afterAll(() => bao?.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "claude-fleet-hostile-"));
});
afterEach(() => rm(folder, { recursive: true }));

const token = z.object({ auth: z.object({ client_token: z.string(), accessor: z.string() }) });

/** A token of this user, as an apply of that host has minted it. */
async function enrolled(user: string, host: string) {
  const body = { policies: [`claude-prod-${user}`], meta: { fleet: "prod", user, host } };
  return token.parse(await bao.root("POST", `auth/token/create/${plan.vault.role}`, body)).auth;
}

const isAlive = async (accessor: string) => {
  const request = { method: "POST", path: "auth/token/lookup-accessor", body: { accessor } } as const;
  return (await bao.ask(bao.rootToken, request)).status === 200;
};

/** Applies devvm's plan to a host that says `lines`, and keeps what it is answered. */
async function applyTo(
  lines: readonly object[],
): Promise<{ readonly said: string; readonly answers: string }> {
  const heard = join(folder, "heard");
  const host = `#!${process.execPath}
    const fs = require("node:fs");
    const marker = /claude-fleet-[0-9a-f]{16}/.exec(process.argv.at(-1))[0];
    fs.writeFileSync(${JSON.stringify(heard)}, Object.keys(process.env).filter((name) => /^(?:VAULT|PULUMI)/.test(name)).join() + "\\n");
    process.stdout.write(marker + " have\\n");
    const said = ${JSON.stringify(lines)};
    let next = 0;
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      fs.appendFileSync(${JSON.stringify(heard)}, line + "\\n");
      while (next < said.length) {
        const event = said[next++];
        process.stdout.write(JSON.stringify(event) + "\\n");
        if (event.event === "need-token") return;
      }
      process.stdin.destroy();
    });
  `;
  await writeFile(join(folder, "ssh"), host);
  await chmod(join(folder, "ssh"), 0o755);
  const [workstation] = plan.workstations;
  if (workstation === undefined) throw new Error("The plan has no workstation.");
  const wanted = hostPlan(plan, workstation, { version: "0.1.0-0", sha256: "0".repeat(64) });
  const env = {
    ...process.env,
    PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`,
    VAULT_TOKEN: bao.rootToken,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
  };
  const said = await new Promise<string>((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI_BUNDLE, "host", "apply"],
      { cwd: ROOT, env },
      (_error, out, err) => resolve(out + err),
    );
    child.stdin?.end(JSON.stringify(applyInput(plan, workstation, wanted)));
  });
  return { said, answers: await readFile(heard, "utf8") };
}

const END = { event: "failed", problems: ["so be it"], result: null };

describe("a compromised workstation", () => {
  it("gets no token of a user of another host", async () => {
    const { answers } = await applyTo([{ event: "need-token", user: "bob" }, END]);
    expect(answers).toContain("bob is not in this host's plan");
    expect(answers).not.toContain("wrappedToken");
  });

  it("gets only wrapped ones for its own, and what it does not use is revoked", async () => {
    const { answers } = await applyTo([{ event: "need-token", user: "alice" }, END]);
    const shape = z.object({ wrappedToken: z.string(), wrappedAccessor: z.string() });
    const { wrappedAccessor } = shape.loose().parse(JSON.parse(answers.trim().split("\n").at(-1) ?? ""));
    expect(await isAlive(wrappedAccessor)).toBe(false);
  });

  it("cannot have another owner's token revoked by naming its accessor", async () => {
    const bobs = await enrolled("bob", "gpulab");
    const operators = token.parse(
      await bao.root("POST", "auth/token/create", { policies: ["default"] }),
    ).auth;
    const revoke = (user: string, accessor: string) => ({ event: "revoke", user, accessor, why: "retired" });
    const { said } = await applyTo([
      revoke("bob", bobs.accessor),
      revoke("alice", bobs.accessor),
      revoke("alice", operators.accessor),
      END,
    ]);
    expect(said.match(/was left alone/g)).toHaveLength(3);
    expect(await isAlive(bobs.accessor)).toBe(true);
    expect(await isAlive(operators.accessor)).toBe(true);
  });

  it("has its own user's token revoked by it", async () => {
    const alices = await enrolled("alice", "devvm");
    await applyTo([{ event: "revoke", user: "alice", accessor: alices.accessor, why: "retired" }, END]);
    expect(await isAlive(alices.accessor)).toBe(false);
  });

  it("never sees the operator's own credentials", async () => {
    const { answers } = await applyTo([END]);
    expect(answers).not.toContain(bao.rootToken);
    expect(answers).not.toContain(PASSPHRASE);
    const [variables, request] = answers.split("\n");
    expect(variables).toBe("");
    expect(request).toContain('"action":"apply"');
  });
});
