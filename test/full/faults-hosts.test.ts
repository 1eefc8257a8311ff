// A host that cannot be asked: the error says why, nothing is concluded from its silence, and everything else goes on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { WORKSTATION } from "../../dev/ssh.ts";
import { containerRuns, mountedTokens, SERVICES } from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, preview, type PulumiRun, restoreStack, up } from "../support/environment/pulumi.ts";
import { printed } from "../support/environment/run.ts";
import { putNewToken, type TokenFile } from "../support/environment/token-file.ts";

let environment: DevEnvironment;
let token: TokenFile;

beforeAll(async () => {
  environment = await devEnvironment();
});
afterAll(async () => {
  await restoreStack(environment);
});

/** Names of the resources to which something was done, or would be. */
const touched = ({ operations }: PulumiRun) => [...new Set(operations.map(({ name }) => name))].sort();

/** Everything that a new token file changes. */
const ROLLOUT = [
  "platform-gate",
  "platform-stale",
  ...SERVICES.flatMap(({ service }) => [`platform/${service}-container`, `platform/${service}-verify`]),
].sort();

/** Runs a shell command on the workstation without ssh. */
function inside(shell: string): Promise<string> {
  const env = { ...process.env, ...environment.variables };
  return printed("docker", ["exec", environment.workstationContainer, "sh", "-euc", shell], { env });
}

describe("a workstation whose sshd is stopped", () => {
  // The second where the engine forwards the published port by a process of its own.
  const reason =
    /devvm: (?:nothing accepts ssh connections there|what answers there ends the connection before ssh begins)\. Start sshd on the host, .*or correct the port in ~\/\.ssh\/config\./;

  beforeAll(() => inside("systemctl stop ssh.socket ssh.service 2>/dev/null || systemctl stop ssh.service"));
  afterAll(() => inside("systemctl start ssh.service"));

  it("is `unknown` in a preview, which plans nothing for it and the rollout all the same", async () => {
    token = await putNewToken(environment);
    const ended = await preview(environment);
    expect(ended.output).toMatch(
      new RegExp(`error: (?:Preview failed: )?unknown: workstation ${WORKSTATION}: ${reason.source}`),
    );
    expect(touched(ended)).toEqual(ROLLOUT);
  });

  it("fails its own command in an up, and does not hold up the rollout", async () => {
    const ended = await up(environment);
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, WORKSTATION)).toMatch(reason);
    expect(touched(ended)).toEqual([`${WORKSTATION}-apply`, ...ROLLOUT].sort());
    expect(await mountedTokens(environment)).toMatchObject(
      SERVICES.map(() => ({ sha256: token.sha256, health: "healthy" })),
    );
  });
});

describe("a workstation with another host key than the known one", () => {
  const folder = "/etc/ssh";
  const reason =
    /devvm: its host key is not the known one\. Compare the key with the host's own \(ssh-keygen -lf .* there\), then correct known_hosts \(ssh-keygen -R HOST removes the old one\)\./;

  beforeAll(() =>
    inside(
      `cd ${folder} && mkdir known && mv ssh_host_ed25519_key* known/ && ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key && systemctl restart ssh.service`,
    ),
  );
  afterAll(() => inside(`cd ${folder} && mv known/* . && rmdir known && systemctl restart ssh.service`));

  it("is `unknown` in a preview, which plans nothing for it", async () => {
    const ended = await preview(environment);
    expect(ended.output).toMatch(
      new RegExp(`error: (?:Preview failed: )?unknown: workstation ${WORKSTATION}: ${reason.source}`),
    );
    expect(ended.operations).toEqual([]);
  });

  it("is never spoken to: an up fails its command", async () => {
    const ended = await up(environment);
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, WORKSTATION)).toMatch(reason);
    expect(touched(ended)).toEqual([`${WORKSTATION}-apply`]);
  });
});

describe("a workstation that answers again", () => {
  it("is as it was: a failed command leaves nothing to repair", async () => {
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
    expect(touched(expectSuccess(await up(environment)))).toEqual([]);
  });
});

describe("an address in DOCKER_HOST at which no engine answers", () => {
  const options = { env: { DOCKER_HOST: "unix:///nonexistent/docker.sock" } };
  const reason =
    /^nothing was changed: token platform: The container engine did not answer: .*unix:\/\/\/nonexistent\/docker\.sock.* Its containers are unknown\. Start the engine or correct DOCKER_HOST, then run this again\.$/;

  it.each([
    ["preview", preview],
    ["up", up],
  ])("fails a %s, which takes no container for gone", async (_name, run) => {
    const before = await containerRuns(environment);
    const ended = await run(environment, options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, "container engine")).toMatch(reason);
    expect(ended.operations).toEqual([]);
    expect(await containerRuns(environment)).toEqual(before);
  });

  it("leaves nothing in the state: with the right address there is nothing to repair", async () => {
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });
});
