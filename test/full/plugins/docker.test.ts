// Containers through the real engine on a real Docker: what replaces, what updates in place, and what a failure leaves.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, expectSuccess } from "../../support/engine/project.ts";
import type { Project } from "../../support/engine/project.ts";
import { docker, dockerHost, IMAGE, makeImage } from "../../support/environment/plugin-servers.ts";

const CHANGES = 7;
const DRIFT = ["--refresh", "--run-program", "--expect-no-changes"];
const NAMES = ["claude-fleet-test-one", "claude-fleet-test-two"];

interface Given {
  readonly hash?: string;
  readonly restart?: string;
  readonly check?: string;
  readonly mount?: string;
}

const program = ({
  hash = "aaa",
  restart = "unless-stopped",
  check = "/bin/sh",
  mount = "/bin",
}: Given = {}) => `
  import * as docker from "@pulumi/docker";
  const provider = new docker.Provider("docker", { host: "${dockerHost ?? ""}" });
  const container = (name: string, dependsOn: docker.Container[]) => new docker.Container(name, {
    name, image: "${IMAGE}", command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"],
    labels: [{ label: "sha256", value: "${hash}" }], envs: ["A=b", "C=d"],
    mounts: [{ type: "bind", source: "${mount}", target: "/mounted", readOnly: true }],
    restart: "${restart}", destroyGraceSeconds: 5, wait: true, waitTimeout: 6,
    healthcheck: { tests: ["CMD", "/bin/cat", "${check}"], interval: "1s", timeout: "2s", retries: 2 },
  }, { provider, dependsOn });
  container("${NAMES[1] ?? ""}", [container("${NAMES[0] ?? ""}", [])]);
`;

const inspect = (name: string) => docker().getContainer(name).inspect();
const ids = () => Promise.all(NAMES.map(async (name) => (await inspect(name)).Id));

describe.skipIf(dockerHost === undefined)("containers", () => {
  let project: Project;
  beforeAll(async () => {
    await makeImage();
    project = await createProject({
      program: program(),
      env: { DOCKER_HOST: "unix:///nobody/listens/here" },
    });
    await expectSuccess(project.up());
  });
  afterAll(async () => {
    await expectSuccess(project.pulumi("destroy", "--yes", "--skip-preview"));
    await project.remove();
  });

  it("run as the program says, healthy, the second after the first", async () => {
    const [first, second] = await Promise.all(NAMES.map(inspect));
    expect(first?.State.Health?.Status).toBe("healthy");
    expect(first?.Config.Labels["sha256"]).toBe("aaa");
    expect(first?.HostConfig.RestartPolicy?.Name).toBe("unless-stopped");
    expect(first?.Mounts).toEqual([
      expect.objectContaining({ Source: "/bin", Destination: "/mounted", RW: false }),
    ]);
    expect(Date.parse(second?.Created ?? "")).toBeGreaterThan(Date.parse(first?.State.StartedAt ?? ""));
  });

  it("show no drift where there is none", async () => {
    await expectSuccess(project.preview(...DRIFT));
  });

  it("are replaced one after the other for a changed label, the old one stopped first", async () => {
    const before = await ids();
    await project.write(program({ hash: "bbb" }));
    const run = await expectSuccess(project.up());
    expect(run.output).toMatch(/2 replaced/);
    const after = await ids();
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    const steps = run.output
      .match(/claude-fleet-test-\w+ (deleted|created)/g)
      ?.map((step) => step.split("-").at(-1));
    expect(steps).toEqual(["one deleted", "one created", "two deleted", "two created"]);
  });

  it("are adjusted in place for a changed restart policy", async () => {
    const before = await ids();
    await project.write(program({ hash: "bbb", restart: "always" }));
    await expectSuccess(project.up());
    expect(await ids()).toEqual(before);
    expect((await inspect(NAMES[0] ?? "")).HostConfig.RestartPolicy?.Name).toBe("always");
  });

  it("are started again when stopped, and made again when removed", async () => {
    await project.write(program({ hash: "bbb", restart: "always" }));
    const before = await ids();
    await docker()
      .getContainer(NAMES[0] ?? "")
      .stop({ t: 1 });
    const stopped = await project.preview("--diff", ...DRIFT);
    expect(stopped.code).toBe(CHANGES);
    expect(stopped.output).toMatch(/mustRun: false => true/);
    await expectSuccess(project.up("--refresh", "--run-program"));
    expect(await ids()).toEqual(before);
    expect((await inspect(NAMES[0] ?? "")).State.Running).toBe(true);

    await docker()
      .getContainer(NAMES[1] ?? "")
      .remove({ force: true });
    expect((await project.preview(...DRIFT)).output).toMatch(/\+ 1 to create/);
    await expectSuccess(project.up("--refresh", "--run-program"));
    await expectSuccess(project.preview(...DRIFT));
  });

  it("stay, with their state and error, when they do not become healthy; the rest is not touched", async () => {
    const [, second] = await ids();
    await project.write(program({ hash: "ccc", check: "/missing" }));
    const run = await project.up();
    expect(run.code).toBe(1);
    expect(run.output).toMatch(/was not healthy within 6 s .*docker logs claude-fleet-test-one/);
    const stored = (await project.resources()).find(({ urn }) => urn.endsWith(`::${NAMES[0] ?? ""}`));
    expect(stored?.id).toBe((await inspect(NAMES[0] ?? "")).Id);
    expect(stored?.initErrors).toHaveLength(1);
    expect((await ids())[1]).toBe(second);
    await project.write(program({ hash: "ddd" }));
    await expectSuccess(project.up());
    await expectSuccess(project.preview(...DRIFT));
  });

  it("are not created where the mounted file is missing, and leave nothing behind", async () => {
    await project.write(program({ hash: "eee", mount: "/missing" }));
    const run = await project.up();
    expect(run.output).toMatch(/cannot be created.*bind source path does not exist: \/missing/);
    await project.write(program({ hash: "fff" }));
    await expectSuccess(project.up());
  });

  it("are unknown, not gone, when their engine is away", async () => {
    const before = (await project.resources()).length;
    await project.write(program({ hash: "fff" }).replace(dockerHost ?? "", "unix:///nobody/listens/here"));
    const run = await project.up("--refresh", "--run-program");
    expect(run.code).toBe(1);
    expect(run.output).toMatch(/The Docker engine at unix:\/\/\/nobody\/listens\/here gives no answer/);
    expect(await project.resources()).toHaveLength(before);
    await project.write(program({ hash: "fff" }));
    await expectSuccess(project.up());
  });
});
