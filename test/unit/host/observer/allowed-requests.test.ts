/** Which requests an observer's key may make. */
import { describe, expect, test } from "vitest";
import type { HostRequest } from "../../../../contract/actions.ts";
import type { HostToken } from "../../../../contract/token-file.ts";
import { allowedRequest } from "../../../../host/observer/allowed-requests.ts";

describe("an observer's key", () => {
  const token: HostToken = {
    protocol: 1,
    fleet: "prod",
    name: "platform",
    file: "/srv/claude/auth.json",
    uids: [1000],
    gate: {
      probe: "https",
      allowRefreshToken: false,
      apiUrl: "https://x",
      claude: undefined,
      model: "haiku",
    },
  };
  const compose = { file: "/opt/a.yml", directory: "/opt", recreate: ["sh", "-c", "id"] };
  const observe: HostRequest = { action: "observe-token", token, services: [], compose };

  test("learns nothing about a token file that no gate has passed", () => {
    expect(allowedRequest(observe, { plan: undefined, gated: false, placed: false })).toEqual({
      refused: "no gate has passed /srv/claude/auth.json here yet; run `pulumi up` first.",
    });
  });

  test("cannot name a command for compose", () => {
    const narrowed = allowedRequest(observe, { plan: undefined, gated: true, placed: false });
    expect(narrowed).toMatchObject({ request: { compose: { file: "/opt/a.yml", recreate: undefined } } });
  });

  test("learns about rules only where they have been written, and always the fleet's status", () => {
    const rules = { protocol: 1, directory: "/etc/rules", files: [] };
    const nothing = { plan: undefined, gated: false, placed: false };
    const request: HostRequest = { action: "observe-rules", rules };
    expect(allowedRequest(request, nothing)).toEqual({
      refused: "no rules have been written to /etc/rules yet; run `pulumi up` first.",
    });
    expect(allowedRequest(request, { ...nothing, placed: true })).toEqual({ request });
    const status: HostRequest = { action: "status", protocol: 1, fleet: "prod" };
    expect(allowedRequest(status, nothing)).toEqual({ request: status });
  });

  test.each<HostRequest>([
    { action: "rules", rules: { protocol: 1, directory: "/etc/rules", files: [] } },
    { action: "gate", token, sha256: "unknown" },
    { action: "put-back", token },
    { action: "pause", target: { protocol: 1, fleet: "prod", user: "alice" }, by: "x", reason: "" },
    { action: "run-agent", target: { protocol: 1, fleet: "prod", user: "alice" } },
  ])("is refused $action", (request) => {
    expect(allowedRequest(request, { plan: undefined, gated: true, placed: false })).toMatchObject({
      refused: expect.stringContaining(`"${request.action}"`),
    });
  });
});
