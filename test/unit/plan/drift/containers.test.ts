/** Containers that exist and do not serve, and containers that were created with something else than the settings have. */
import { describe, expect, it } from "vitest";
import { definitionDigest } from "../../../../plan/digests.ts";
import { definitionLabels, doubledContainers, laggingContainers } from "../../../../plan/drift/containers.ts";
import { statusOf, container, tokenWith } from "../../../support/fakes/fleet-status.ts";
import type { TokenFileObservation } from "../../../../contract/token-file.ts";
import { load, STACK } from "../../../support/plan/fixtures.ts";

const [token] = load({
  stack: STACK.replace(
    "target: /run/auth.json,",
    "target: /run/auth.json, networks: [front, back], environment: { A: x, B: y }, user: app, command: [serve], entrypoint: [/init], mounts: [{ source: /srv/d, target: /d }], ports: [{ internal: 80, external: 8080 }],",
  ),
}).tokens;
const [plain] = load().tokens;
if (token === undefined || plain === undefined || token.driver.kind !== "docker")
  throw new Error("There is one token.");
const DIGEST = definitionDigest(token.driver.containers[0]!);

type Found = NonNullable<TokenFileObservation["containers"]>[number];

const settings: NonNullable<Found["settings"]> = {
  image: "app:1",
  user: "app",
  restart: "unless-stopped",
  command: ["serve"],
  entrypoint: ["/init"],
  variables: ["A", "B", "PATH"],
  mounts: ["/srv/d:/d:ro", "/srv/claude/auth.d/x.json:/run/auth.json:ro"],
  ports: ["127.0.0.1:8080:80/tcp"],
};
const asPlanned: Partial<Found> = { networks: ["back", "front"], settings, definition: DIGEST };

/** Returns what the token's host reports of a container with these changes. */
function observed(changes: Partial<Found>, more: Partial<TokenFileObservation> = {}): TokenFileObservation {
  const answer = tokenWith({ containers: [container({ ...asPlanned, ...changes })], ...more });
  if (answer.kind !== "seen") throw new Error("It answers.");
  return answer.found;
}

const lag = (changes: Partial<Found>, of = token) => laggingContainers(of, observed(changes))[0]?.[1];

describe("a container", () => {
  it("that is as the settings have it does not lag", () => {
    expect(lag({})).toBeUndefined();
    expect(
      lag({ status: null, health: null, networks: null, networkMode: null, settings: null }),
    ).toBeUndefined();
    expect(lag({ health: "starting" })).toBeUndefined();
  });

  const LIVE: readonly (readonly [string, Partial<Found>, string])[] = [
    ["paused", { status: "paused" }, "is paused, so its processes are frozen"],
    ["restarting", { status: "restarting" }, "restarts again and again"],
    ["dead", { status: "dead", running: false }, "is dead: the engine could not remove it"],
    ["unhealthy", { health: "unhealthy" }, "is unhealthy: its health check fails"],
    ["without one network", { networks: ["front"] }, "is not connected to the network back"],
    ["without any network", { networks: [] }, "is not connected to the networks front and back"],
  ];
  const ENDED: typeof LIVE = [
    ["exited", { status: "exited", running: false }, "does not run"],
    ["created and not started", { status: "created", running: false }, "was created and never started"],
  ];

  it.each([...LIVE, ...ENDED])("that is %s lags", (_, changes, why) => {
    expect(lag(changes)).toBe(`container one-container: ${why}`);
  });

  it("with several faults names all of them", () => {
    expect(lag({ status: "paused", networks: ["back"] })).toBe(
      "container one-container: is paused, so its processes are frozen; and is not connected to the network front",
    );
  });

  it.each<[string, Partial<NonNullable<Found["settings"]>>, string]>([
    ["another image", { image: "app:2" }, "has the image app:2 instead of app:1"],
    ["another user", { user: "" }, "has the user of its image instead of app"],
    ["another restart policy", { restart: "no" }, "has the restart policy no instead of unless-stopped"],
    ["another command", { command: ["x"] }, 'has the command ["x"] instead of ["serve"]'],
    ["another entry point", { entrypoint: [] }, 'has the entry point [] instead of ["/init"]'],
    ["a missing variable", { variables: ["A"] }, "lacks the variables B"],
    [
      "a writable mount",
      { mounts: ["/srv/d:/d:rw"] },
      "lacks the mounts /srv/d:/d:ro; and mounts /srv/d:/d:rw, which the settings do not have",
    ],
    ["another port", { ports: [] }, "lacks the ports 127.0.0.1:8080:80/tcp"],
  ])("with %s lags", (_, changes, why) => {
    expect(lag({ settings: { ...settings, ...changes } })).toBe(`container one-container: ${why}`);
  });

  it.each<[string, Partial<Found>, string | undefined]>([
    ["is on the default network", { networkMode: "default", networks: ["bridge"] }, undefined],
    ["is on another network by hand", { networkMode: "bridge", networks: ["mine"] }, undefined],
    ["has left the default network", { networkMode: "default", networks: [] }, "bridge"],
    ["has left its network", { networkMode: "app_default", networks: ["other"] }, "app_default"],
    ["has a network by its id", { networkMode: "f".repeat(64), networks: ["x", "f".repeat(64)] }, undefined],
    ["has the network of the host", { networkMode: "host", networks: [] }, undefined],
    ["has none by choice", { networkMode: "none", networks: [] }, undefined],
    ["has the network of another container", { networkMode: "container:abc", networks: [] }, undefined],
    ["runs in rootless Podman", { networkMode: "pasta", networks: [] }, undefined],
  ])("that names no networks and %s", (_, changes, lost) => {
    const why = lag({ ...changes, settings: null }, plain);
    expect(why).toBe(lost && `container one-container: is not connected to the network ${lost}`);
  });

  it("that was renamed is named by its present name", () => {
    const others = [{ name: "mine", service: "one", running: true }];
    const found = observed({}, { containers: [], others });
    expect(laggingContainers(token, found)).toEqual([
      ["one-container", "container one-container: has another name now: mine"],
    ]);
    expect(doubledContainers(token, found)).toEqual([]);
  });

  it("with the labels of a service whose container exists is named with its removal", () => {
    const others = [{ name: "copy", service: "one", running: true }];
    expect(doubledContainers(token, observed({}, { others }))).toEqual([
      "container copy: runs with the labels of one, whose container has another name; run `docker rm --force copy` there if it is not needed",
    ]);
  });

  it.each(LIVE)("that is %s is replaced once, by a label of its own", (_, changes) => {
    const label = definitionLabels(token, observed(changes))?.get("one-container");
    expect(label).toBe(`${DIGEST}.3-0a1b2c3d`);
    const after = observed({ definition: label ?? null }, { generation: 4 });
    expect(definitionLabels(token, after)?.get("one-container")).toBe(label);
    const again = observed({ ...changes, definition: label ?? null }, { generation: 4 });
    expect(definitionLabels(token, again)?.get("one-container")).toBe(`${DIGEST}.4-0a1b2c3d`);
  });

  it.each([
    ["as planned", {}, ""] as const,
    ["of a former definition", { definition: "0123456789ab" }, ""] as const,
    ...ENDED,
  ])("that is %s gets the label of its definition", (_, changes) => {
    expect(definitionLabels(token, observed(changes))?.get("one-container")).toBe(DIGEST);
  });

  it("keeps its labels while the engine does not answer", () => {
    expect(definitionLabels(token, { ...observed({}), containers: null })).toBeUndefined();
    expect(definitionLabels(token, undefined)).toBeUndefined();
  });

  it("that is paused needs a person in the status, who runs a rollout", () => {
    expect(
      statusOf(undefined, tokenWith({ containers: [container({ status: "paused" })] })).consumers,
    ).toEqual([
      expect.objectContaining({
        state: "person",
        why: "is paused, so its processes are frozen",
        command: "npx claude-fleet rollout platform",
      }),
    ]);
  });
});
