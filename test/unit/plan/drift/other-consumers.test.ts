/** Containers that this fleet has made under another name of the settings. */
import { expect, it } from "vitest";
import { otherConsumers } from "../../../../plan/drift/token-host.ts";
import { container } from "../../../support/fakes/fleet-status.ts";

const TOKEN: Parameters<typeof otherConsumers>[0] = {
  name: "platform",
  driver: { kind: "docker", containers: [] },
  services: [{ name: "one", container: "one-container", target: "/auth.json", uid: 1000 }],
};
const of = (token: string, service: string) => ({
  containers: [container({ of: { token, service } })],
});

it("are the settings' own by the names that they were made by", () => {
  expect(otherConsumers(TOKEN, of("platform", "one"))).toEqual([]);
  expect(otherConsumers(TOKEN, { containers: [container({ of: null })] })).toEqual([]);
  expect(otherConsumers(TOKEN, { containers: [] })).toEqual([]);
  expect(otherConsumers(TOKEN, { containers: null })).toEqual([]);
});

it.each([
  ["shared", "one"],
  ["platform", "former"],
])("are refused as %s/%s, which would be taken away together", (token, service) => {
  expect(otherConsumers(TOKEN, of(token, service))).toEqual([
    `claude-fleet:tokens.platform: the container one-container is of ${token}/${service} in this fleet, not of platform/one. Keep the former name; to change it, take the service out of the settings, run \`pulumi up\`, and add it by the new name then: it is away meanwhile. Where no stack has that container any more, remove it.`,
  ]);
});

it("are compose's own matter where compose makes them", () => {
  const driver = { kind: "compose", file: "compose.yml", directory: "/opt", recreate: undefined } as const;
  expect(otherConsumers({ ...TOKEN, driver }, of("shared", "one"))).toEqual([]);
});
