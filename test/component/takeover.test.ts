/**
 * What states hold: the resources of the former release's example, under the same URNs and with the same inputs. A
 * component or resource that gets another type or name needs an alias, or the engine deletes the former resource:
 * https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../plan/load.ts";
import type { FleetPlan } from "../../plan/model.ts";
import { registrationsOf } from "../support/component/policy/fleet.ts";
import { changesOf } from "../support/changes.ts";
import { resourcesOf, type Resource } from "../support/component/resources.ts";
import { settingsOf } from "../support/plan/fixtures.ts";

const fixtures = new URL("../fixtures/takeover/", import.meta.url);
const read = (file: string) => ({ file, text: readFileSync(new URL(file, fixtures), "utf8") });
const former = JSON.parse(read("resources.json").text) as Readonly<Record<FleetName, readonly Resource[]>>;

type FleetName = "docker" | "compose";

/** Settings of the former example, and the same with what the example does without. */
const SETTINGS: Readonly<Record<FleetName, (settings: Record<string, unknown>) => object>> = {
  docker: (settings) => settings,
  compose: ({ vault, renewal, ...settings }) => ({
    ...settings,
    vault: { ...(vault as object), manageMount: true },
    renewal: { ...(renewal as object), purgeBackupsOf: ["bob"] },
    tokens: {
      platform: {
        host: { ssh: "deploy@vps.example.net", become: "sudo -n" },
        file: "/srv/claude/auth.json",
        driver: { compose: { file: "compose.yml", directory: "/opt/platform" } },
        services: [{ name: "one", container: "one", target: "/run/auth.json", uid: 1000 }],
      },
    },
  }),
};

function formerFleet(name: FleetName): FleetPlan {
  const settings = settingsOf(read("Pulumi.prod.yaml").text);
  return loadPlan({
    settings: { ...SETTINGS[name](settings) },
    roster: read("roster.yaml"),
    projectFolder: "/project",
  });
}

/** Actions that had another name in requests: their commands run once more, and change nothing. */
const RENAMED: Readonly<Record<FleetName, readonly string[]>> = {
  docker: [
    renamed("prod-rules", "place-rules", "rules"),
    renamed("platform-stale", "stale-processes", "stale"),
    renamed("platform/backend-b2b-verify", "verify-container", "verify"),
    renamed("platform/backend-gateway-verify", "verify-container", "verify"),
    renamed("platform/celery-worker-verify", "verify-container", "verify"),
    renamed("platform/runner-agent-blog-verify", "verify-container", "verify"),
    renamed("platform/runner-agent-verify", "verify-container", "verify"),
  ],
  compose: [
    renamed("prod-rules", "place-rules", "rules"),
    renamed("platform-stale", "stale-processes", "stale"),
  ],
};

/** A workstation has the files of `claude-auth-sync now`, and no polkit rule. An apply removes and creates them. */
const WORKSTATIONS: readonly string[] = ["devvm-apply", "gpu-lab-apply"].flatMap((resource) => {
  const gone = "/etc/polkit-1/rules.d/50-claude-fleet.rules";
  const added = [
    ["/etc/systemd/system/claude-auth-sync-now@.path", "0644"],
    ["/etc/systemd/system/claude-auth-sync-now@.service", "0644"],
    ["/usr/local/bin/claude-auth-sync", "0755"],
  ] as const;
  const file = (path: string, mode = "0644") => JSON.stringify({ mode, path });
  return [
    `${resource}: inputs.environment.file ${gone}: true -> undefined`,
    ...added.map(([path]) => `${resource}: inputs.environment.file ${path}: undefined -> true`),
    `${resource}: inputs.stdin.request.plan.files.${gone}: ${file(gone)} -> undefined`,
    ...added.map(
      ([path, mode]) =>
        `${resource}: inputs.stdin.request.plan.files.${path}: undefined -> ${file(path, mode)}`,
    ),
  ];
});

/** Returns the inputs with the names of the environment as keys, so that a new name is a single change. */
function byName(inputs: unknown): unknown {
  const { environment, ...others } = inputs as { environment?: readonly string[] };
  const names = environment?.map((one) => [one, true]);
  return names === undefined ? others : { ...others, environment: Object.fromEntries(names) as unknown };
}

function renamed(resource: string, before: string, after: string): string {
  return `${resource}: inputs.stdin.request.action: "${before}" -> "${after}"`;
}

describe.each(["docker", "compose"] as const)("the former example, with the driver %s", (name) => {
  it("has every resource under its former URN", async () => {
    const today = resourcesOf(await registrationsOf(formerFleet(name)));
    expect(today.map(({ urn }) => urn)).toEqual(former[name].map(({ urn }) => urn));
  });

  it("has the former inputs and options, but for the names of actions and the files of a workstation", async () => {
    const today = resourcesOf(await registrationsOf(formerFleet(name)));
    const changes = former[name].flatMap(({ urn, ...before }) => {
      const { inputs, options } = today.find((one) => one.urn === urn) ?? {};
      const after = { inputs: byName(inputs), options };
      return changesOf({ ...before, inputs: byName(before.inputs) }, after).map(
        (change) => `${urn.split("::")[1]}: ${change}`,
      );
    });
    expect(changes.toSorted()).toEqual([...RENAMED[name], ...WORKSTATIONS].toSorted());
  });
});
