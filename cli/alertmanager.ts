/** Whether an alert fires, as Alertmanager says; a silence does not make it clear. */
import * as z from "zod";
import { exchange } from "../lib/http-exchange.ts";
import { parseJson } from "../lib/parse-json.ts";
import type { AlertPlan } from "../plan/model.ts";
import type { AlertState } from "../plan/diagnosis/evidence.ts";

const DEADLINE_MS = 10_000;

const alerts = z.array(z.object({ labels: z.record(z.string(), z.string()) }));

/** Asks once. Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, `GET /alerts` */
export async function alertState({ alertmanager, name }: AlertPlan): Promise<AlertState> {
  const url = new URL(`${alertmanager}/api/v2/alerts`);
  url.searchParams.set("filter", `alertname=${JSON.stringify(name)}`);
  // Somebody may have silenced it for the night; it burns all the same.
  for (const kind of ["active", "silenced", "inhibited"]) url.searchParams.set(kind, "true");
  const end = await exchange(url, { method: "GET", headers: {}, deadlineMs: DEADLINE_MS });
  if (end.kind === "none") return { name, state: "unknown", why: `${alertmanager}: ${end.why}` };
  if (end.status !== 200) {
    return { name, state: "unknown", why: `${alertmanager} answered ${end.status}` };
  }
  const found = alerts.safeParse(parseJson(end.text));
  if (!found.success) return { name, state: "unknown", why: `${alertmanager} is no Alertmanager` };
  return { name, state: found.data.length === 0 ? "clear" : "firing" };
}
