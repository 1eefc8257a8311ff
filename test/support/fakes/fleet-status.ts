/** A fleet whose hosts have answered, with changes. */
import { PROTOCOL } from "../../../contract/fields.ts";
import type { TokenFileObservation } from "../../../contract/token-file.ts";
import { workstationStatus, type WorkstationStatus } from "../../../contract/user-run.ts";
import type { FleetPlan } from "../../../plan/model.ts";
import { fleetStatus } from "../../../plan/status/fleet-status.ts";
import type { Answer, FleetStatus } from "../../../plan/status/rows.ts";
import { load, ROSTER } from "../plan/fixtures.ts";
import { agentStatusWith, RAN_AT } from "./status.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** An hour after the run of {@link agentStatusWith}. */
export const NOW = RAN_AT + HOUR;

const DIGEST_NOW = "a".repeat(64);
export const DIGEST_BEFORE = "b".repeat(64);

/** alice is renewed on devvm, guest is not; one container reads the token `platform`. */
export const FLEET: FleetPlan = load({
  roster: `${ROSTER}  guest: { workstation: devvm, email: g@example.com, renewal: false }\n`,
});

type Known = WorkstationStatus["users"][number];

const ALICE: Known = {
  user: "alice",
  renewed: true,
  enrolled: true,
  paused: false,
  nextRunAt: NOW + 5 * HOUR,
  status: agentStatusWith(),
};

/** What devvm says. */
export function workstationWith(
  alice: Partial<Known> = {},
  changes: Partial<WorkstationStatus> = {},
): Answer<WorkstationStatus> {
  const found = workstationStatus.parse({
    protocol: PROTOCOL,
    workstation: "devvm",
    now: NOW,
    collectedAt: NOW - 30_000,
    users: [
      { ...ALICE, ...alice },
      { ...ALICE, user: "guest", renewed: false, enrolled: false, nextRunAt: null, status: "no-account" },
    ],
    ...changes,
  });
  return { kind: "seen", found };
}

/** What the token's host says. */
export function tokenWith(changes: Partial<TokenFileObservation> = {}): Answer<TokenFileObservation> {
  const found: TokenFileObservation = {
    protocol: PROTOCOL,
    missing: [],
    type: "file",
    sha256: DIGEST_NOW,
    mode: "0600",
    uid: 1000,
    size: 400,
    mtimeMs: RAN_AT,
    expiresAtMs: RAN_AT + 300 * DAY,
    kind: "setup-token",
    complaints: [],
    copies: [`${DIGEST_NOW}.1000`],
    spoiled: [],
    generation: 3,
    mark: "0a1b2c3d",
    passed: [DIGEST_NOW, DIGEST_BEFORE],
    containers: [container()],
    others: [],
    composeServices: null,
    ...changes,
  };
  return { kind: "seen", found };
}

/** The container of the fleet's one service. */
export function container(
  changes: Partial<NonNullable<TokenFileObservation["containers"]>[number]> = {},
): NonNullable<TokenFileObservation["containers"]>[number] {
  const source = `/srv/claude/auth.d/${DIGEST_NOW}.1000.json`;
  const of = { token: "platform", service: "one" };
  return {
    ...{ name: "one-container", sha256: DIGEST_NOW, of, running: true, source, readOnly: true },
    ...{ status: "running", health: null, networks: ["bridge"], networkMode: "default" },
    ...{ definition: null, settings: null },
    ...changes,
  };
}

/** The fleet's status from both answers. */
export function statusOf(
  workstation: Answer<WorkstationStatus> = workstationWith(),
  token: Answer<TokenFileObservation> = tokenWith(),
): FleetStatus {
  const answers = {
    workstations: new Map([["devvm", workstation]]),
    tokens: new Map([["platform", token]]),
  };
  return fleetStatus(FLEET, answers, NOW);
}
