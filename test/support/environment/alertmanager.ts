/** A real Alertmanager, Debian's package, on loopback with a folder of its own; without peers and without receivers. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../../bench/free-ports.ts";
import { describeEnd, endOf, start } from "../../../lib/process.ts";

/** A running one. */
export interface Alertmanager {
  readonly url: string;
  /** An alert begins to fire, for an hour unless it is resolved. */
  raise(name: string): Promise<void>;
  /** A person silences it for an hour. */
  silence(name: string): Promise<void>;
  resolve(name: string): Promise<void>;
  stop(): Promise<void>;
}

const CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";
const HOUR_MS = 3_600_000;

/** Starts it. @throws Error when the program is missing or does not serve within ten seconds */
export async function startAlertmanager(): Promise<Alertmanager> {
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-alertmanager-"));
  await writeFile(join(folder, "config.yml"), CONFIG);
  const port = (await freePorts(["alertmanager"])).get("alertmanager") ?? 0;
  const url = `http://127.0.0.1:${port}`;
  const child = start(
    "prometheus-alertmanager",
    [
      `--config.file=${join(folder, "config.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { env: process.env, stdio: "ignore" },
  );
  let failure: Error | undefined;
  void child.then((result) => {
    failure = new Error(`Alertmanager ${describeEnd(endOf(result))}.`);
  });
  for (let waited = 0; !(await serves(url)); waited += 100) {
    if (failure !== undefined || waited > 10_000) {
      throw failure ?? new Error(`Alertmanager does not serve at ${url}.`);
    }
    await sleep(100);
  }
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(`${url}/api/v2/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
  };
  const alert = (name: string, endsAt: number) =>
    post("alerts", [
      {
        labels: { alertname: name },
        startsAt: new Date(Date.now() - HOUR_MS).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
      },
    ]);
  return {
    url,
    raise: (name) => alert(name, Date.now() + HOUR_MS),
    resolve: (name) => alert(name, Date.now() - 1000),
    silence: (name) =>
      post("silences", {
        matchers: [{ name: "alertname", value: name, isRegex: false, isEqual: true }],
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + HOUR_MS).toISOString(),
        createdBy: "a person",
        comment: "for the night",
      }),
    stop: async () => {
      child.kill();
      await child;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serves(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    // It has not opened its port yet.
    return false;
  }
}
