/** Proves the login in the home: reads, asks the CLI and retries until the table of decisions has a verdict. */
import { join } from "node:path";
import { isOlder } from "../claude/command-line.ts";
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { clearStaleLocks, lockTimes } from "../claude/locks.ts";
import { describeFailure } from "../lib/vault-result.ts";
import { askClaude } from "./ask-claude.ts";
import type { AgentConfig } from "./config.ts";
import { consequencesOf } from "./decision/consequences.ts";
import type { CliFacts, Facts, Verdict } from "./decision/facts.ts";
import { homeView, type FileView, type UsableView } from "./decision/file-view.ts";
import type { Identity } from "./decision/identity.ts";
import { withFile, withProbe, withProbeAhead } from "./decision/lineage.ts";
import { afterRetry, nextStep } from "./decision/next-step.ts";
import { verdictOf } from "./decision/probe-rules.ts";
import { isOurs, restoreSource } from "./decision/restore.ts";
import { notStorable } from "./files.ts";
import type { RunContext } from "./state.ts";
import type { VaultAccess } from "./open-vault.ts";

/** What a run has found out about the login in the home. */
export interface Proof {
  readonly verdict: Verdict;
  readonly facts: Facts;
  /** Absolute path of the CLI; undefined when it was not needed or cannot be used. */
  readonly claude: string | undefined;
  readonly version: string | undefined;
  /** Whose login was proven, when the CLI fetched that during the probe. */
  readonly identity: Identity | undefined;
}

/** Reads the login in the home, and stores in the agent state what was read. */
export async function readHome(run: RunContext<AgentConfig>): Promise<FileView> {
  const { home } = run.config;
  const { state: login } = await readLogin(run.world, credentialsPath(home), home);
  const now = run.world.clock.now();
  const view = homeView(login, run.store.state, now);
  await run.store.update((state) => withFile(state, view, now));
  return view;
}

/** Returns what the table of decisions concludes about the login in the home. */
export async function prove(run: RunContext<AgentConfig>, access: VaultAccess): Promise<Proof> {
  const { world, config } = run;
  const folder = join(config.home, ".claude");
  let cli: FoundCli | undefined;
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
        facts = { ...facts, probe: probed.probe, file: probed.probe.after };
        break;
      }
    }
  }
}

async function probeHome(run: RunContext<AgentConfig>, path: string, before: UsableView) {
  const { world, config, store } = run;
  const where = { configFolder: undefined, configuration: join(config.home, ".claude.json") };
  // Stored before the process exists: a run that is killed never learns what the CLI did with the token.
  const { end, identity } = await askClaude(run, path, where, (state) => withProbeAhead(state, before));
  const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
  const endedAt = world.clock.now();
  const locked = (await lockTimes(world, join(config.home, ".claude"))).size > 0;
  const probe = { before, end, after: homeView(login, store.state, endedAt), endedAt, locked };
  await store.update((state) => withProbe(state, probe, verdictOf(probe).reason, endedAt));
  return { probe, identity };
}

/** Adds what Vault holds, where the table needs it: without a login, or after a login was refused for good. */
async function withVaultFacts(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  facts: Facts,
): Promise<Facts> {
  const { config, store, world } = run;
  const { state } = store;
  const seen = state.seen !== null;
  const known = { ...facts, unfinished: state.restore !== null, history: seen };
  const refused =
    facts.probe !== undefined && consequencesOf(verdictOf(facts.probe).reason).refusedForGood === true;
  if (facts.file.kind === "usable" && !refused) return known;
  if (access.kind !== "ready") {
    const kind = access.kind === "pending" ? "away" : "ineligible";
    return { ...known, source: { kind, why: access.why } };
  }
  const read = await access.vault.kvRead(config.dataPath);
  if (read.kind !== "ok" && read.kind !== "notFound") {
    const why = `Reading ${config.dataPath} failed: Vault ${describeFailure(read)}.`;
    return { ...known, source: { kind: read.kind === "forbidden" ? "ineligible" : "away", why } };
  }
  const entry = read.kind === "ok" ? read.value : undefined;
  const own = entry !== undefined && isOurs(entry, config);
  const source = restoreSource(entry, state, config, facts.file, world.clock.now());
  return { ...known, history: seen || own, source };
}

function firstFacts({ waits }: AgentConfig, file: FileView): Facts {
  return {
    notStorable: undefined,
    cli: { kind: "unusable", reason: "no-cli", why: "The CLI was not looked for." },
    file,
    history: false,
    probe: undefined,
    retried: [],
    source: { kind: "none" },
    unfinished: false,
    waits,
  };
}

/** The user's CLI. `path`: undefined when the CLI cannot be used. */
interface FoundCli {
  readonly facts: CliFacts;
  readonly path: string | undefined;
}

/** Finds the user's CLI and checks its version. */
export async function findCli({ world, config }: RunContext<AgentConfig>): Promise<FoundCli> {
  const unusable = (reason: "no-cli" | "too-old", why: string): FoundCli => ({
    facts: { kind: "unusable", reason, why },
    path: undefined,
  });
  const path = await world.claude.find();
  if (path === undefined) {
    const where = config.claude ?? "its usual places";
    const remedy = `Install it for ${config.user}, or set \`claude\` in the roster.`;
    return unusable("no-cli", `Claude Code is not installed in ${where}. ${remedy}`);
  }
  const asked = await world.claude.version(path);
  if ("why" in asked)
    return unusable("no-cli", `\`${path} --version\` failed: ${asked.why}. Install Claude Code again.`);
  if (isOlder(asked.version, config.minClaudeVersion)) {
    const why = `${path} is ${asked.version}, but at least ${config.minClaudeVersion} is needed.`;
    return unusable("too-old", `${why} Run \`claude update\`.`);
  }
  return { facts: { kind: "ready", version: asked.version }, path };
}
