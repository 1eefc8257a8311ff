/** Removes the firewall rules that a Docker engine of the development environment leaves when it has ended. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { command } from "../lib/process.ts";
import { findProgram } from "./find-program.ts";

/** Chains that only Docker engines use. `DOCKER-USER` is a person's: it stays when it holds a person's rules. */
const CHAINS = ["DOCKER", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2", "DOCKER-USER"];

/** Programs that list and change the rules of IPv4 and IPv6. */
const FAMILIES = [
  { list: "iptables-save", change: "iptables-restore" },
  { list: "ip6tables-save", change: "ip6tables-restore" },
];

/** Attempts of {@link retryFirewall}, and the milliseconds between two of them. */
const ATTEMPTS = 3;
const BETWEEN_MS = 1000;

/**
 * Runs `task` again when a rule could not be set. An engine that starts removes Docker's chains for a moment and sets them
 * up again, and every other engine of the machine uses the same chains.
 */
export async function retryFirewall<T>(task: () => Promise<T>, betweenMs = BETWEEN_MS): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      if (attempt === ATTEMPTS || !/No chain\/target\/match by that name/.test(String(error))) throw error;
      await sleep(betweenMs);
    }
  }
}

/** Removes all rules that name one of these bridges, and Docker's own chains when no engine and no rule uses them. */
export async function removeFirewallRules(bridges: readonly string[]): Promise<void> {
  const lastEngine = !engineRuns();
  for (const { list, change } of FAMILIES) {
    if (findProgram(list) === undefined) continue;
    const script = removalOf(await command(list, []), bridges, lastEngine);
    if (script !== "") await command(change, ["--noflush"], { input: script });
  }
}

function engineRuns(): boolean {
  return readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && commandOf(pid) === "dockerd");
}

function commandOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return undefined; // It has ended.
  }
}

/**
 * Returns what iptables-restore gets, or nothing when no rule has to go.
 * @param saved what iptables-save printed
 * @param lastEngine whether no Docker engine runs on this machine now
 */
export function removalOf(saved: string, bridges: readonly string[], lastEngine: boolean): string {
  const tables = saved.split(/^(?=\*)/m).filter((table) => table.startsWith("*"));
  return tables.map((table) => removalInTable(table.split("\n"), bridges, lastEngine)).join("");
}

function removalInTable(lines: readonly string[], bridges: readonly string[], lastEngine: boolean): string {
  const [table = ""] = lines;
  const rules = lines.filter((line) => line.startsWith("-A "));
  const ours = rules.filter((rule) => rule.split(" ").some((word) => bridges.includes(word)));
  const left = rules.filter((rule) => !ours.includes(rule));
  const chains = lastEngine ? unusedChains(lines, left) : [];
  const jumps = left.filter((rule) => chains.some((chain) => rule.endsWith(` -j ${chain}`)));
  const removed = [...ours, ...jumps.filter((rule) => !chains.includes(rule.split(" ")[1] ?? ""))];
  const script = [
    ...removed.map((rule) => `-D ${rule.slice(3)}`),
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
  ];
  return script.length === 0 ? "" : [table, ...script, "COMMIT", ""].join("\n");
}

/** Returns Docker's chains of a table, or none while one of them still has a rule for a bridge or a person. */
function unusedChains(lines: readonly string[], left: readonly string[]): readonly string[] {
  const present = CHAINS.filter((chain) => lines.some((line) => line.startsWith(`:${chain} `)));
  const used = left.some((rule) => {
    const [, chain = "", ...what] = rule.split(" ");
    return present.includes(chain) && !/^-j (?:RETURN|DOCKER\S*)$/.test(what.join(" "));
  });
  return used ? [] : present;
}
