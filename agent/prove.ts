/** Walks the table of decisions: reads, asks the CLI, waits and reads again, until the table says that this is the end. */
import { join } from "node:path";
import { isOlder } from "../claude/command-line.ts";
import { clearStaleLocks, lockTimes } from "../claude/locks.ts";
import { askClaude } from "./ask.ts";
import type { AgentConfig } from "./config.ts";
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { isOurs, restoreSource } from "./decision/eligible.ts";
import { consequencesOf } from "./decision/consequences.ts";
import { viewOf, type FileView, type UsableView } from "./decision/file-view.ts";
import type { Identity } from "./decision/identity.ts";
import { withProbeAhead, withFile, withProbe } from "./decision/lineage.ts";
import type { CliFacts, Facts, Verdict } from "./decision/facts.ts";
import { afterRetry, nextStep, verdictOf } from "./decision/next-step.ts";
import type { RunContext } from "./state.ts";
import { notStorable } from "./storable.ts";
import type { VaultAccess } from "./vault-access.ts";
import { describeFailure } from "../lib/vault-result.ts";

/** What a run has found out about the login in the home. */
export interface Proof {
  readonly verdict: Verdict;
  readonly facts: Facts;
  /** Absolute path of the CLI, when it was looked for and can be used. */
  readonly claude: string | undefined;
  readonly version: string | undefined;
  /** Whose login was proven, if the CLI has looked that up. */
  readonly identity: Identity | undefined;
}

/** Reads the login in the home, and remembers what was seen. */
export async function readHome(run: RunContext<AgentConfig>): Promise<FileView> {
  const { home } = run.config;
  const { state } = await readLogin(run.world, credentialsPath(home), home);
  const view = viewOf(state);
  await run.store.update((state) => withFile(state, view, run.world.clock.now()));
  return view;
}

/** Proves the login in the home, or says why it cannot be. */
export async function prove(run: RunContext<AgentConfig>, access: VaultAccess): Promise<Proof> {
  const { world, config } = run;
  const folder = join(config.home, ".claude");
  let cli: { readonly facts: CliFacts; readonly path: string | undefined } | undefined;
  let identity: Identity | undefined;
  let facts = firstFacts(config, await readHome(run));
  for (;;) {
    facts = await withVaultFacts(run, access, facts);
    if (facts.file.kind === "usable" && facts.probe === undefined) {
      cli ??= await findCli(run);
      facts = { ...facts, cli: cli.facts, notStorable: await notStorable(world, folder) };
    }
    const step = nextStep(facts);
    switch (step.kind) {
      case "end": {
        const version = cli?.facts.kind === "ready" ? cli.facts.version : undefined;
        return { verdict: step.verdict, facts, claude: cli?.path, version, identity };
      }
      case "retry": {
        const locks = step.clearsStaleLocks ? await lockTimes(world, folder) : new Map<string, number>();
        await world.clock.sleep(step.waitMs);
        await clearStaleLocks(world, locks);
        facts = afterRetry(facts, step.reason, await readHome(run));
        break;
      }
      case "probe": {
        if (facts.file.kind !== "usable" || cli?.path === undefined)
          throw new Error("The table asked for a probe without a login or a CLI.");
        const probed = await probeHome(run, cli.path, facts.file);
        identity = probed.identity;
        facts = { ...facts, probe: probed.facts, file: probed.facts.after };
        break;
      }
    }
  }
}

async function probeHome(run: RunContext<AgentConfig>, path: string, before: UsableView) {
  const { world, config, store } = run;
  const where = { configFolder: undefined, configuration: join(config.home, ".claude.json") };
  // Remembered before there is a process: a run that is ended meanwhile never learns what the CLI did with the token.
  const { end, identity } = await askClaude(run, path, where, (state) => withProbeAhead(state, before));
  const { state } = await readLogin(world, credentialsPath(config.home), config.home);
  const endedAt = world.clock.now();
  const locked = (await lockTimes(world, join(config.home, ".claude"))).size > 0;
  const facts = { before, end, after: viewOf(state), endedAt, locked };
  await store.update((state) => withProbe(state, facts, verdictOf(facts).reason, endedAt));
  return { facts, identity };
}

/** What Vault holds, where the table looks at it: without a login, and after one was refused for good. */
async function withVaultFacts(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  facts: Facts,
): Promise<Facts> {
  const { config, store, world } = run;
  const { state } = store;
  const unfinished = state.restore !== null;
  const refused =
    facts.probe !== undefined && consequencesOf(verdictOf(facts.probe).reason).refusedForGood === true;
  const seen = state.seen !== null;
  if (facts.file.kind === "usable" && !refused) return { ...facts, unfinished, history: seen };
  if (access.kind !== "ready") {
    const kind = access.kind === "pending" ? "away" : "ineligible";
    return { ...facts, unfinished, history: seen, source: { kind, why: access.why } };
  }
  const read = await access.vault.kvRead(config.dataPath);
  if (read.kind !== "ok" && read.kind !== "notFound") {
    const why = `reading ${config.dataPath}: Vault ${describeFailure(read)}`;
    const kind = read.kind === "forbidden" ? "ineligible" : "away";
    return { ...facts, unfinished, history: seen, source: { kind, why } };
  }
  const entry = read.kind === "ok" ? read.value : undefined;
  const own = entry !== undefined && isOurs(entry, config);
  const source = restoreSource(entry, state, config, facts.file, world.clock.now());
  return { ...facts, unfinished, history: seen || own, source };
}

function firstFacts(config: AgentConfig, file: FileView): Facts {
  const { waits } = config;
  return {
    notStorable: undefined,
    cli: { kind: "unusable", reason: "no-cli", why: "it was not looked for" },
    file,
    history: false,
    probe: undefined,
    retried: [],
    source: { kind: "none" },
    unfinished: false,
    waits: {
      reread: waits.rereadSeconds * 1000,
      blankReread: waits.blankRereadSeconds * 1000,
      deadReread: waits.deadRereadSeconds * 1000,
      lockRetry: waits.lockRetrySeconds * 1000,
    },
  };
}

/** The user's CLI, when it is one that may be asked. */
export async function findCli(
  run: RunContext<AgentConfig>,
): Promise<{ readonly facts: CliFacts; readonly path: string | undefined }> {
  const { world, config } = run;
  const unusable = (reason: "no-cli" | "too-old", why: string) => ({
    facts: { kind: "unusable", reason, why } as const,
    path: undefined,
  });
  const path = await world.claude.find();
  if (path === undefined) {
    const where = config.claude ?? "its usual places";
    return unusable(
      "no-cli",
      `Claude Code is not installed in ${where}; install it for ${config.user}, or set \`claude\` in the roster`,
    );
  }
  const asked = await world.claude.version(path);
  if ("why" in asked) return unusable("no-cli", `${path} --version: ${asked.why}; install it anew`);
  if (isOlder(asked.version, config.minClaudeVersion)) {
    return unusable(
      "too-old",
      `${path} is ${asked.version}, at least ${config.minClaudeVersion} is needed: run \`claude update\``,
    );
  }
  return { facts: { kind: "ready", version: asked.version }, path };
}
