/** A healthy workstation of a small fleet, and ways to change what it reports. */
import { PROTOCOL } from "../../../contract/fields.ts";
import {
  workstationObservation,
  type UserObservation,
  type WorkstationObservation,
} from "../../../contract/workstation.ts";
import { planDigest } from "../../../plan/digests.ts";
import { COLLECT_TIMER } from "../../../plan/units/names.ts";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import { DIGEST, load, ROSTER } from "./fixtures.ts";
import { sha256Of } from "../../../lib/sha256.ts";

/** A user of the roster who is not renewed. */
export const GUEST = "  guest: { workstation: devvm, email: g@example.com, renewal: false }\n";

const fleet = load({ roster: ROSTER + GUEST });

/** The plan of the workstation: alice is renewed, guest is not. */
export const plan = hostPlan(fleet, fleet.workstations[0]!, { version: "0.1.0", sha256: DIGEST });

/** The service template of the plan. */
export const service = plan.files.find(({ path }) => path.endsWith("@.service"))!;

/** Returns a healthy user, with changes. */
export const user = (name: string, changes: Partial<UserObservation> = {}): UserObservation => ({
  name,
  exists: true,
  home: `/home/${name}`,
  timerEnabled: "enabled",
  timerActive: "active",
  pathEnabled: "enabled",
  nowEnabled: "enabled",
  nowActive: "active",
  pathActive: "active",
  paused: false,
  credential: "usable",
  awaitingLogin: false,
  token: { health: "good", detail: "", accessor: "acc", ttlSeconds: 2_000_000, mode: "0600" },
  accessors: ["acc"],
  claude: "/usr/bin/claude",
  dropIn: "same",
  ...changes,
});

/** Returns the change that gives a user a token in this state. */
export const token = (health: UserObservation["token"]["health"], detail = "") => ({
  token: { health, detail, accessor: null, ttlSeconds: null, mode: null },
});

/** What the workstation reports about a user who is not enrolled. */
export const off = {
  ...{
    timerEnabled: null,
    timerActive: null,
    pathEnabled: null,
    pathActive: null,
    nowEnabled: null,
    nowActive: null,
  },
  ...token("missing"),
};

/** Returns what a healthy workstation reports, with changes. */
export const observed = (changes: Partial<WorkstationObservation> = {}): WorkstationObservation =>
  workstationObservation.parse({
    protocol: PROTOCOL,
    machineId: "0".repeat(32),
    missing: [],
    conflicts: [],
    program: { version: "0.1.0", sha256: DIGEST },
    plan: planDigest(plan),
    generation: 3,
    mark: "0a1b2c3d",
    files: plan.files.map(({ path, mode, content }) => ({
      ...{ path, mode, sha256: sha256Of(content), foreign: false, applied: true },
    })),
    units: [{ name: COLLECT_TIMER, enabled: "enabled", active: "active" }],
    enrolled: ["alice"],
    strays: [],
    users: [user("alice"), user("guest", off)],
    ...changes,
  });

/** Returns the reported files, with changes to the service template. */
export const files = (changes: object) =>
  observed().files.map((file) => (file.path === service.path ? { ...file, ...changes } : file));
