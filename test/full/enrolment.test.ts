/** An enrolment under fire at each of its steps: kills, a full disk, a Vault that hangs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Blow } from "../support/enrolment/injection.ts";
import { SCENES, Workshop, type Scene } from "../support/enrolment/workshop.ts";

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop?.close());

const scenes = Object.keys(SCENES) as Scene[];
/** Lives at the same time. */
const AT_ONCE = 2;

/** The steps at which a token is given, each once: one that is new is to be looked at. */
const GIVING = [
  "host: mkdir prod",
  "host: create .plan.json.*.tmp",
  "host: write .plan.json.*.tmp",
  "host: rename plan.json",
  "host: create .enrolled.json.*.tmp",
  "host: write .enrolled.json.*.tmp",
  "host: rename enrolled.json",
  "host: ask /v1/sys/health",
  "user: mkdir claude-auth-sync",
  "user: ask /v1/auth/token/lookup-self",
  "user: create .vault-accessor.*.tmp",
  "user: write .vault-accessor.*.tmp",
  "user: rename vault-accessor",
  "user: ask /v1/sys/wrapping/unwrap",
  "user: create .vault-token.*.tmp",
  "user: write .vault-token.*.tmp",
  "user: rename vault-token",
  "host: create .generation.*.tmp",
  "host: write .generation.*.tmp",
  "host: rename generation",
];

it("has the steps that are known", async () => {
  expect([...new Set(await workshop.steps("wrong token"))]).toEqual(GIVING);
  expect([...new Set(await workshop.steps("old token"))]).toEqual(GIVING);
  const first = await workshop.steps("first");
  expect(GIVING.filter((name) => !first.includes(name))).toEqual([]);
});

/** Numbers of the steps at which this blow is something of its own. */
async function stepsFor(scene: Scene, blow: Blow): Promise<readonly number[]> {
  const steps = await workshop.steps(scene);
  const numbers = steps.map((_, index) => index + 1);
  switch (blow) {
    case "process":
      return numbers.filter((step) => steps[step - 1]?.startsWith("user:"));
    case "machine":
      // One unit's file is written as the other.
      return numbers.filter((step) => GIVING.includes(steps[step - 1] ?? "") || firstOf(steps, step));
    case "disk":
      return numbers.filter(
        (step) => /: (?:create|write|mkdir|symlink) /.test(steps[step - 1] ?? "") && firstOf(steps, step),
      );
    default:
      return numbers.filter((step) => GIVING.includes(steps[step - 1] ?? ""));
  }
}

const firstOf = (steps: readonly string[], step: number) => steps.indexOf(steps[step - 1] ?? "") === step - 1;

describe.each(scenes)("%s", (scene) => {
  it.each<[Blow, string]>([
    ["machine", "the host dies"],
    ["process", "the user's process is killed, and its parent is not"],
    ["operator", "the operator dies, and the host goes on"],
    ["disk", "the disk is full from there on"],
  ])("%s: %s", async (blow) => {
    const names = await workshop.steps(scene);
    const queue = (await stepsFor(scene, blow)).values();
    const worker = async () => {
      for (const step of queue) {
        const desk = await workshop.deskFor(scene);
        await desk.live({ blow, step });
        const at = `${scene}, ${blow}, ${step} ${names[step - 1]}`;
        // A user who had a token has one that works, at every moment.
        if (scene !== "first") expect(await desk.held(), at).toBeDefined();
        await desk.expectRecovery(at);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  });
});

it("Vault is away between mint and delivery: what cannot be revoked then is revoked by the next apply", async () => {
  const desk = await workshop.deskFor("wrong token");
  const step = await workshop.stepOf("wrong token", "user: ask /v1/sys/wrapping/unwrap");
  const life = desk.live({ blow: "vault", step });
  const { code, said } = await life.finally(() => process.kill(workshop.bao.pid, "SIGCONT"));
  expect(code, said).toBe(1);
  expect(said).toMatch(/could not be unwrapped: Vault at \S+ cannot be reached/);
  // The one that was there, the one in its place, and the one that was on its way.
  expect(await desk.alive()).toHaveLength(3);
  await desk.expectRecovery("vault");
});
