/** How a service of a compose file is recreated. A stand-in for `docker` records its arguments. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { HostCompose } from "../../../../contract/token-file.ts";
import { composeServices, recreateByCompose } from "../../../../host/rollout/compose-command.ts";
import { writeOverride } from "../../../../host/rollout/compose-override.ts";
import { recreateService } from "../../../../host/rollout/recreate-service.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import type { Recreation } from "../../../../contract/rollout.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Puts these programs first on PATH. Each appends its arguments to `asked` and then runs its script. */
async function programs(scripts: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    const text = `#!/bin/sh\necho "${name} $*" >> ${folder}/asked\n${script}\n`;
    await writeFile(join(folder, name), text, { mode: 0o755 });
  }
  vi.stubEnv("PATH", [folder, "/usr/bin", "/bin"].join(delimiter));
  const asked = async () => (await readFile(join(folder, "asked"), "utf8")).trim().split("\n");
  return { folder, asked };
}

/** The script of a `docker` without the compose plugin. */
const NO_PLUGIN = `case "$1" in compose) echo "unknown command: docker compose" >&2; exit 1;; esac`;

const compose = (directory: string, changes: Partial<HostCompose> = {}): HostCompose => ({
  file: join(directory, "compose.yml"),
  directory,
  recreate: undefined,
  ...changes,
});

describe("compose", () => {
  test("is docker's plugin where docker has it", async () => {
    const { folder, asked } = await programs({ docker: `[ "$2" = version ] || printf 'one\\ntwo\\n'` });
    expect(await composeServices(compose(folder))).toEqual({ services: ["one", "two"] });
    const project = `--project-directory ${folder} --file ${folder}/compose.yml`;
    expect(await asked()).toEqual(["docker compose version", `docker compose ${project} config --services`]);
  });

  test("is the program docker-compose where docker has no plugin", async () => {
    const { folder, asked } = await programs({ docker: NO_PLUGIN, "docker-compose": "" });
    expect(await recreateByCompose(compose(folder), "backend", "/o.yml", 7)).toBeUndefined();
    expect((await asked()).at(-1)).toBe(
      `docker-compose --project-directory ${folder} --file ${folder}/compose.yml --file /o.yml up --detach --no-deps --force-recreate --timeout 7 backend`,
    );
  });

  test("that is missing is reported, with what to do", async () => {
    const { folder } = await programs({ docker: NO_PLUGIN, "docker-compose": "exit 127" });
    expect(await composeServices(compose(folder))).toEqual({
      why: "neither `docker compose` nor `docker-compose` is there; install one, or name a command by the driver's `recreate`",
    });
  });

  test("is replaced by the site's own command, which gets the paths of both files", async () => {
    const { folder, asked } = await programs({
      docker: "",
      deploy:
        'echo "$COMPOSE_FILE $CLAUDE_FLEET_SERVICE" >> "$(dirname "$0")/asked"; pwd >> "$(dirname "$0")/asked"',
    });
    const own = compose(folder, { recreate: ["deploy", "--only"] });
    expect(await recreateByCompose(own, "backend", "/o.yml", 7)).toBeUndefined();
    expect(await asked()).toEqual(["deploy --only backend", `${folder}/compose.yml:/o.yml backend`, folder]);
  });

  test("that fails is reported with its output, without secrets", async () => {
    const { folder } = await programs({
      docker: "",
      deploy: "echo sk-ant-oat01-fakefakefake is bad >&2; exit 3",
    });
    const why = await recreateByCompose(compose(folder, { recreate: ["deploy"] }), "backend", "/o.yml", 7);
    expect(why).toMatch(/^it ended with exit code 3: .* is bad$/);
    expect(why).not.toContain("fakefakefake");
  });

  test("whose folder is missing is reported with the folder", async () => {
    await expect(composeServices(compose("/nonexistent/folder"))).rejects.toThrow(
      "/nonexistent/folder, the folder of the compose file, does not exist",
    );
  });
});

test("the second compose file keeps the other services, and is replaced when it is damaged", async () => {
  const path = join(await temporaryFolder(), "made/override.yml");
  const entry = (service: string) => ({
    service,
    source: `/c/${service}`,
    target: "/t",
    labels: { a: service },
  });
  const services = async () =>
    Object.keys((JSON.parse(await readFile(path, "utf8")) as { services: object }).services);
  await writeOverride(path, entry("one"));
  await writeOverride(path, entry("two"));
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({
    services: Object.fromEntries(
      ["one", "two"].map((name) => [
        name,
        {
          labels: { a: name },
          volumes: [{ type: "bind", source: `/c/${name}`, target: "/t", read_only: true }],
        },
      ]),
    ),
  });
  await writeFile(path, "{");
  await writeOverride(path, entry("two"));
  expect(await services()).toEqual(["two"]);
});

test("a copy that the gate has not stored is an error before any container is touched", async () => {
  const { folder, asked } = await programs({ docker: "" });
  await mkdir(join(folder, "auth.d"));
  await chmod(join(folder, "auth.d"), 0o700);
  const recreation: Recreation = {
    protocol: 1,
    fleet: "unittest",
    token: "platform",
    file: join(folder, "auth.json"),
    service: "backend",
    compose: compose(folder),
    gracePeriodSeconds: 7,
    check: {
      protocol: 1,
      container: "backend",
      source: join(folder, "auth.d/copy.json"),
      target: "/auth.json",
      sha256: "a".repeat(64),
      healthTimeoutSeconds: 1,
    },
  };
  await expect(recreateService(recreation)).rejects.toThrow(
    "so backend was not touched; run `pulumi up` without --target, or `claude-fleet rollout platform`.",
  );
  await expect(asked()).rejects.toThrow("ENOENT");
});
