/** Generates right and wrong rosters and settings. Each must be safe, or be refused at a place in its file. */
import fc from "fast-check";
import { parse } from "yaml";
import { loadPlan, PlanError } from "../../../../plan/load.ts";
import type { FleetPlan } from "../../../../plan/model.ts";
import { rosterComplaints, settingsComplaints } from "../../plan/json-schema.ts";
import type { Problem } from "../../../../plan/problems.ts";
import { rules } from "../../../../policy/rules.ts";
import { rosterData } from "../../plan/arbitrary.ts";
import { registrationsOf } from "./fleet.ts";
import { violationsOf } from "./judge.ts";

/** The two files of a stack. */
interface Sources {
  readonly roster: string;
  readonly settings: string;
}

const DIGEST = "d4".repeat(32);

const service = fc.record(
  {
    name: fc.constantFrom("one", "two", "backend-gateway"),
    container: fc.constantFrom("one-1", "two-1", "gateway-1"),
    image: fc.constantFrom(`app@sha256:${DIGEST}`, `r.example.net/a/b:1@sha256:${DIGEST}`),
    target: fc.constantFrom("/run/auth.json", "/home/app user/.config/auth.json"),
    uid: fc.constantFrom(0, 1000, 231_072),
    environment: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,6}$/), fc.constantFrom("info", "a=b", "7", "")),
    mounts: fc.array(
      fc.record({
        source: fc.constantFrom("/srv/data", "/srv/log", "/srv/claude"),
        target: fc.constantFrom("/data", "/log"),
        readOnly: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    healthcheck: fc.constant({ test: ["CMD", "/healthcheck"] }),
    user: fc.constantFrom("0", "1000:1000", "app"),
  },
  { requiredKeys: ["name", "container", "image", "target", "uid"] },
);

const dockerToken = fc.record(
  {
    host: fc.constantFrom({ ssh: "deploy@vps.example.net" }, { local: true }),
    file: fc.constantFrom("/srv/claude/auth.json", "/home/deploy/token.json"),
    rollout: fc.record({ maxUnavailable: fc.constantFrom(1, 2) }),
    services: fc.uniqueArray(service, { selector: ({ name }) => name, maxLength: 3 }),
  },
  { requiredKeys: ["host", "file", "services"] },
);

const composeToken = fc.record({
  host: fc.constant({ ssh: "deploy@compose.example.net", become: "sudo -n" }),
  file: fc.constant("/srv/compose/auth.json"),
  driver: fc.constant({ compose: { file: "compose.yml", directory: "/opt/platform" } }),
  services: fc.constant([{ name: "three", container: "three-1", target: "/run/auth.json", uid: 1000 }]),
});

const settingsData = fc.record(
  {
    fleet: fc.constantFrom("prod", "a", "z9z9"),
    vault: fc.record(
      {
        address: fc.constantFrom("https://vault.example.net", "http://127.0.0.1:8200/"),
        namespace: fc.constantFrom("", "team/a"),
        mount: fc.constantFrom("secret", "team/kv"),
        prefix: fc.constantFrom("workstation/claude-users", "x"),
        manageMount: fc.boolean(),
        tokenBoundCidrs: fc.constantFrom([], ["10.0.0.0/8", "2001:db8::/32"]),
        rotateTokensAfter: fc.constantFrom("30d", "1d"),
      },
      { requiredKeys: ["address"] },
    ),
    renewal: fc.record({ every: fc.constantFrom("6h", "1h"), spread: fc.constantFrom("30m", "0s") }),
    tokens: fc.record({ platform: dockerToken, other: composeToken }, { requiredKeys: [] }),
  },
  { requiredKeys: ["fleet", "vault"] },
);

/** Wrong values: misleading names, wildcards, templates and secrets. Some have another type. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...["*", "alice*", "+", "a/../b", "{{identity.entity.id}}", '"', "$(id)", "`id`", "-rf", "root", ""],
    ...["a\nb", "a\u0000b", "\u202ealice", "аlice", "x".repeat(300), "alice.service", "__proto__", "<<"],
    ...["/srv/claude/auth.json", "/srv/claude/auth.d", "/srv/claude/auth.d/x", "/home/a/.claude", "/", "~"],
    ...["app:latest", "ssh://-oProxyCommand=id", "a@b", "http://vault.example.net", "5", "sk-ant-oat01-fake"],
    ...[null, true, 0, -1, 1e99, [], {}, [{}], { constructor: 1 }, ["a", "a"]],
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

const KEYS = [
  "ssh",
  "local",
  "become",
  "renewal",
  "claude",
  "user",
  "image",
  "x-note",
  "CLAUDE_CODE_OAUTH_TOKEN",
];

/** Returns a key for any value. A value of JSON may have a `toString` that is not a function. */
const keyOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** Generates a change at one place of the data; `steps` lead there. */
const change = fc.record({
  steps: fc.array(fc.nat(11), { minLength: 1, maxLength: 7 }),
  how: fc.constantFrom<"replace" | "remove" | "rename" | "add">("replace", "remove", "rename", "add"),
  value: odd,
  key: fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 }), odd.map(keyOf)),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Generates a change of the text, which may break its syntax. */
const edit = fc.record({
  at: fc.nat(),
  length: fc.nat(6),
  text: fc.oneof(
    fc.constantFrom(..."'\"{}[]:,#|>\t\n?%".split(""), "- ", "&a ", "*a", "!!x ", "<<: ", "\u0000", "---\n"),
    fc.string({ maxLength: 3 }),
  ),
});

/** Generates a file from right data with up to three changes. */
function fileOf(data: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc
    .tuple(data, fc.array(change, { maxLength: 3 }), fc.array(edit, { maxLength: 2 }), fc.nat(9))
    .map(([value, changes, edits, turn]) => {
      const copy = structuredClone(value);
      if (turn > 3) for (const one of changes) alter(copy, one);
      const text = JSON.stringify(copy, null, 2);
      return turn === 9 ? edits.reduce(editText, text) : text;
    });
}

function alter(root: unknown, { steps, how, value, key }: Change): void {
  let node = root;
  for (const [depth, step] of steps.entries()) {
    if (typeof node !== "object" || node === null) return;
    const entries = node as Record<string, unknown>;
    const keys = Object.keys(entries);
    const chosen = keys[step % Math.max(1, keys.length)];
    if (chosen === undefined) return;
    const next = entries[chosen];
    const deeper = typeof next === "object" && next !== null && depth < steps.length - 1;
    if (deeper) {
      node = next;
      continue;
    }
    if (how === "replace") entries[chosen] = structuredClone(value);
    else if (how === "add") define(entries, key, structuredClone(value));
    else {
      Reflect.deleteProperty(entries, chosen);
      if (how === "rename") define(entries, key, next);
    }
    return;
  }
}

/** Defines an own property, also for names such as `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  const name = Array.isArray(target) ? String(target.length) : key;
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function editText(text: string, { at, length, text: piece }: { at: number; length: number; text: string }) {
  const start = at % (text.length + 1);
  return text.slice(0, start) + piece + text.slice(start + length);
}

const namespaced = settingsData.map((settings) => ({
  config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`claude-fleet:${key}`, value])),
}));

/** Generates both files of a stack. */
const anySources: fc.Arbitrary<Sources> = fc.record({
  roster: fileOf(rosterData),
  settings: fileOf(namespaced),
});

/** How many fleets were accepted and refused, and which broke a promise. */
export interface Outcome {
  readonly accepted: number;
  readonly refused: number;
  /** Broken promises, each with the files that show it. */
  readonly wrong: readonly string[];
}

/** Loads `count` fleets, drawn from `seed`. Runs the policy pack and the JSON Schemas on the accepted fleets. */
export async function judgeFleets(seed: number, count: number): Promise<Outcome> {
  const accepted: { readonly sources: Sources; readonly plan: FleetPlan }[] = [];
  const wrong: string[] = [];
  let refused = 0;
  for (const sources of fc.sample(anySources, { seed, numRuns: count })) {
    const result = load(sources);
    if ("plan" in result) {
      accepted.push({ sources, plan: result.plan });
      const byEditor = [...rosterComplaints(sources.roster), ...settingsComplaints(sources.settings)];
      wrong.push(...byEditor.map((complaint) => told(`An editor would refuse: ${complaint}`, sources)));
    } else if ("problems" in result) {
      refused += 1;
      wrong.push(...result.problems.filter(isNowhere).map((one) => told(JSON.stringify(one), sources)));
    } else wrong.push(told(result.crash, sources));
  }
  if ((await violationsIn(accepted.map(({ plan }) => plan))).length > 0) {
    for (const { sources, plan } of accepted) {
      wrong.push(...(await violationsIn([plan])).map((violation) => told(violation, sources)));
    }
  }
  return { accepted: accepted.length, refused, wrong };
}

/** Returns violations. Turns stack traces off meanwhile: Pulumi records one for each promise, which is slow. */
async function violationsIn(plans: readonly FleetPlan[]): Promise<string[]> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return violationsOf(await registrationsOf(...plans), rules);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Whether a problem names no place in a file. */
function isNowhere({ file, line, column }: Problem): boolean {
  return file === "" || line === undefined || column === undefined;
}

function told(what: string, sources: Sources): string {
  return `${what}\n--- roster.yaml\n${sources.roster}\n--- Pulumi.test.yaml\n${sources.settings}`;
}

/** Loads the two files as the program does. Pulumi itself refuses settings that are no YAML or have no `config`. */
function load({
  roster,
  settings,
}: Sources):
  { readonly plan: FleetPlan } | { readonly problems: readonly Problem[] } | { readonly crash: string } {
  try {
    const plan = loadPlan({
      settings: parsedSettings(settings),
      settingsSource: { file: "Pulumi.test.yaml", text: settings },
      roster: { file: "roster.yaml", text: roster },
      projectFolder: "/project",
    });
    return { plan };
  } catch (error) {
    if (error instanceof PlanError && error.problems.length > 0) return { problems: error.problems };
    return { crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function parsedSettings(text: string): Record<string, unknown> {
  try {
    const { config } = parse(text, { logLevel: "silent" }) as { config: Record<string, unknown> };
    return Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace(/^claude-fleet:/, ""), value]),
    );
  } catch {
    return {};
  }
}
