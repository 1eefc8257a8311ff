/** Scenarios in promtool's words, and what it says about them. Source: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { workstationSamples, type Sample } from "../../../plan/metrics/workstation-samples.ts";
import { statusSamples } from "../../../plan/metrics/status-samples.ts";
import { prometheusGroups } from "../../../plan/monitoring/files.ts";
import { DEFAULT_RULE_SETTINGS } from "../../../plan/monitoring/settings.ts";
import { run } from "../environment/run.ts";
import { STEP, type Firing, type Scenario } from "./scenario.ts";

const groups = prometheusGroups(DEFAULT_RULE_SETTINGS);
const alerts = groups.flatMap((group) => group.alerts);

/** Names of all alerts of Prometheus. */
export const alertNames: readonly string[] = [...new Set(alerts.map(({ name }) => name))];

/** Runs the rules over the scenario. @returns what promtool says of it; empty when it is as it must be */
export async function complaints(scenario: Scenario, rules: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-rules-"));
  try {
    await writeFile(join(folder, "rules.yaml"), rules);
    await writeFile(join(folder, "test.yaml"), stringify(testFile(scenario)));
    const ended = await run("promtool", ["test", "rules", join(folder, "test.yaml")]);
    return ended.code === 0 ? "" : ended.output;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function testFile(scenario: Scenario): object {
  return {
    rule_files: ["rules.yaml"],
    evaluation_interval: `${STEP}m`,
    group_eval_order: groups.map(({ name }) => name),
    tests: [
      {
        interval: `${STEP}m`,
        input_series: series(scenario),
        alert_rule_test: Object.entries(scenario.firing).flatMap(([minute, firing]) =>
          alertNames.map((name) => ({
            eval_time: `${minute}m`,
            alertname: name,
            exp_alerts: firing.filter(({ alert }) => alert === name).map(expected),
          })),
        ),
      },
    ],
  };
}

function expected({ alert: name, severity, labels, value }: Firing): object {
  const alert = alerts.find((one) => one.name === name && one.severity === severity);
  if (alert === undefined) throw new Error(`There is no alert ${name} of the severity ${severity}.`);
  const filled = (text: string) =>
    text
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "")
      .replace("{{ $value }}", String(value));
  return {
    exp_labels: { severity, ...labels },
    exp_annotations: {
      summary: filled(`${alert.about} ${alert.means}`),
      command: filled(alert.command),
      runbook_url: `${DEFAULT_RULE_SETTINGS.runbook}#${name.toLowerCase()}`,
    },
  };
}

/** What Prometheus has scraped, minute by minute; a series that ends is marked as stale, as a scrape does. */
function series({ hosts = {}, status, minutes }: Scenario): readonly object[] {
  const values = new Map<string, string[]>();
  const add = (minute: number, instance: string, samples: readonly Sample[]) => {
    for (const { metric, labels, value } of samples) {
      const pairs = Object.entries({ instance, job: "node", ...labels });
      const key = `${metric.name}{${pairs.map(([name, text]) => `${name}="${text}"`).join(",")}}`;
      const own = values.get(key) ?? values.set(key, []).get(key) ?? [];
      pad(own, minute / STEP);
      own.push(String(value));
    }
  };
  for (let minute = 0; minute <= minutes; minute += STEP) {
    for (const [instance, at] of Object.entries(hosts)) {
      const facts = at(minute);
      if (facts !== undefined)
        add(
          minute,
          instance,
          workstationSamples({ untrustedPaths: 0, damagedPlans: 0, hourlyRepair: undefined, ...facts }),
        );
    }
    const found = status?.(minute);
    if (found !== undefined) add(minute, "operator", statusSamples(found));
  }
  for (const own of values.values()) pad(own, minutes / STEP + 1);
  return [...values].map(([key, list]) => ({ series: key, values: list.join(" ") }));
}

function pad(list: string[], length: number): void {
  if (list.length > 0 && list.length < length) list.push("stale");
  while (list.length < length) list.push("_");
}
