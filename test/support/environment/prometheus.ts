/** Prometheus and node_exporter on loopback, with the rules of monitoring/ as they are, over a workstation's own figures. */
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import * as z from "zod";
import { freePorts } from "../../../bench/free-ports.ts";
import { checkout } from "../../../dev/checkout.ts";
import { start } from "../../../lib/process.ts";

const alertsAnswer = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        state: z.enum(["pending", "firing", "inactive"]),
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
      }),
    ),
  }),
});
const queryAnswer = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

export type LiveAlert = z.infer<typeof alertsAnswer>["data"]["alerts"][number];

/** A running Prometheus. */
export interface Prometheus {
  /** Alerts that are firing now. */
  firing(): Promise<readonly LiveAlert[]>;
  /** How many series a query has now. */
  count(query: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts both. @param textfiles folder of the figures, as this machine sees it */
export async function startPrometheus(textfiles: string): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-prometheus-"));
  const ports = await freePorts(["prometheus", "exporter"]);
  const address = (name: string) => `127.0.0.1:${ports.get(name)}`;
  await copyFile(join(checkout.root, "monitoring/prometheus-rules.yaml"), join(folder, "rules.yaml"));
  const config = {
    // As often as can be: only the agent's and the collector's own pace is to be waited for.
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["rules.yaml"],
    scrape_configs: [{ job_name: "node", static_configs: [{ targets: [address("exporter")] }] }],
  };
  await writeFile(join(folder, "prometheus.yaml"), stringify(config));
  const children = [
    server("prometheus-node-exporter", [
      "--collector.disable-defaults",
      "--collector.textfile",
      `--collector.textfile.directory=${textfiles}`,
      `--web.listen-address=${address("exporter")}`,
    ]),
    server("prometheus", [
      `--config.file=${join(folder, "prometheus.yaml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${address("prometheus")}`,
    ]),
  ];
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`http://${address("prometheus")}${path}`)).json();
  const stop = async () => {
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    while (!(await answers(`http://${address("prometheus")}/-/ready`))) {
      if (children.some(({ exitCode }) => exitCode !== null)) throw new Error("Prometheus did not start.");
      await sleep(200);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop,
    firing: async () => {
      const { data } = alertsAnswer.parse(await ask("/api/v1/alerts"));
      return data.alerts.filter(({ state }) => state === "firing");
    },
    count: async (query) => {
      const { data } = queryAnswer.parse(await ask(`/api/v1/query?query=${encodeURIComponent(query)}`));
      return data.result.length;
    },
  };
}

function server(program: string, args: readonly string[]) {
  return start(program, args, { env: process.env, stdio: "ignore" });
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
