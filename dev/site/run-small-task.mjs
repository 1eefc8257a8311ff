// A site's small real task: one request through the gateway, and what the gateway then says that it cost.
// usage: run-small-task.mjs ENVIRONMENT_FILE GATEWAY_URL GATEWAY_CONTAINER; prints {"cost": …, "source": "…"}
/* global fetch, AbortSignal */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const [environmentFile, url, container] = process.argv.slice(2);
const key = /^CM_FLEET_GATEWAY_KEY=(.*)$/m.exec(readFileSync(environmentFile, "utf8"))?.[1] ?? "";
const answer = await fetch(`${url}/v1/messages`, {
  method: "POST",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  body: JSON.stringify({
    model: "claude-haiku-4-5",
    max_tokens: 5,
    messages: [{ role: "user", content: "hi" }],
  }),
  signal: AbortSignal.timeout(30_000),
});
if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
const { stdout } = spawnSync("docker", ["logs", "--tail", "20", container], { encoding: "utf8" });
const [, source = "fallback", cost = "0.0004"] =
  /source=(\S+) cost=(\S+)$/.exec(
    stdout
      .trim()
      .split("\n")
      .findLast((line) => line.includes("cost=")) ?? "",
  ) ?? [];
console.log(JSON.stringify({ cost: Number(cost), source }));
