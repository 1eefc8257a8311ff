// A service that reads its mounted token once, at its start, as the runbook's services do, and can use it for a call.
//
// GET  /healthz   200 when the token file could be read at the start and nobody said "unhealthy" since, else 503
// GET  /info      name, start, the file's path and sha256 as read at the start, and the token's own sha256; no secret
// POST /v1/messages   the gateway: takes its own key as bearer token, and asks the API with the mounted token; where that is
//                 refused, a fallback key answers in its place if one was loaded. Logs what the runbook's gateway logs
// POST /call      one request to the API with the token; answers {status}. Body: {"baseUrl": "http://…"} (optional)
// POST /control   {"healthy": false} | {"stop": "slow" | "never" | "at-once"} | {"gateway": "ok" | "broken"} |
//                 {"fallback": true} | {"say": "a line for its log"}: what a test wants it to do wrong
//
// By environment: GATEWAY_KEY_SHA256, and the same as by /control: AUTH_FILE, ANTHROPIC_BASE_URL, HEALTHY=false, HEALTHY_AFTER_MS, STOP=slow|never, SLOW_STOP_MS.
/* global fetch, AbortSignal */
"use strict";
const { createHash } = require("node:crypto");
const { existsSync, readFileSync } = require("node:fs");
const { createServer } = require("node:http");

const SLOW_STOP_MS = Number(process.env.SLOW_STOP_MS ?? 15_000);
const USUAL_PLACES = [
  "/home/runner/.config/claude-code/auth.json",
  "/home/appuser/.config/claude-code/auth.json",
];

const authFile = process.env.AUTH_FILE ?? USUAL_PLACES.find((path) => existsSync(path)) ?? USUAL_PLACES[0];
const startedAt = new Date();
const token = readToken();
let healthy = process.env.HEALTHY !== "false";
let stop = process.env.STOP ?? "at-once";
let gateway = "ok";
let fallback = false;

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function readToken() {
  try {
    const content = readFileSync(authFile);
    const accessToken = JSON.parse(content.toString("utf8")).claudeAiOauth.accessToken;
    if (typeof accessToken !== "string" || accessToken === "") throw new Error("no accessToken in it");
    return { accessToken, fileSha256: createHash("sha256").update(content).digest("hex") };
  } catch (error) {
    // The parser's own message quotes the file, which holds a secret.
    const why = error instanceof SyntaxError ? "it is not JSON" : error.message;
    console.error(`${authFile} cannot be used: ${why}`);
    return undefined;
  }
}

function isHealthy() {
  const warm = Date.now() - startedAt.getTime() >= Number(process.env.HEALTHY_AFTER_MS ?? 0);
  return token !== undefined && healthy && warm;
}

async function call({ baseUrl = process.env.ANTHROPIC_BASE_URL }) {
  if (!token) return { status: 0, why: "no token" };
  const response = await fetch(`${baseUrl}/v1/messages`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token.accessToken}`,
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "oauth-2025-04-20",
      "content-type": "application/json",
    },
    body: JSON.stringify({
      model: "claude-haiku-4-5",
      max_tokens: 5,
      messages: [{ role: "user", content: "hi" }],
    }),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status };
}

/** One request of a client of the gateway, by the mounted token. */
async function serveGateway(request) {
  const [, key = ""] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (sha256(key) !== process.env.GATEWAY_KEY_SHA256)
    return [401, refusal("the gateway does not know this key")];
  if (gateway === "broken") return [502, refusal("the gateway is broken")];
  const { status } = await call({});
  if (status === 200) {
    console.log("gateway_request_served source=max_subscription cost=0");
    return [200, { type: "message", content: [{ type: "text", text: "OK" }] }];
  }
  console.log(`gateway_request_failed status=${status}`);
  if (status === 401 || status === 403) console.log("anthropic_401_unauthorized");
  if (!fallback) return [status === 403 ? 401 : status || 502, refusal("the API has refused the gateway")];
  console.log("gateway_using_fallback_key cost=0.0004");
  return [200, { type: "message", content: [{ type: "text", text: "OK" }] }];
}

function refusal(message) {
  return { type: "error", error: { type: "gateway_error", message } };
}

async function answer(request, body) {
  switch (`${request.method} ${request.url}`) {
    case "GET /healthz":
      return [isHealthy() ? 200 : 503, { healthy: isHealthy() }];
    case "GET /info":
      return [
        200,
        {
          startedAt: startedAt.toISOString(),
          authFile,
          fileSha256: token?.fileSha256 ?? null,
          tokenSha256: token ? sha256(token.accessToken) : null,
        },
      ];
    case "POST /v1/messages":
      return serveGateway(request);
    case "POST /call":
      return [200, await call(body)];
    case "POST /control":
      healthy = body.healthy ?? healthy;
      stop = body.stop ?? stop;
      gateway = body.gateway ?? gateway;
      fallback = body.fallback ?? fallback;
      if (body.say !== undefined) console.log(body.say);
      return [200, { healthy, stop, gateway, fallback }];
    default:
      return [404, { error: "unknown" }];
  }
}

const server = createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  let status = 502;
  let content;
  try {
    [status, content] = await answer(request, text ? JSON.parse(text) : {});
  } catch (error) {
    content = { error: error.cause?.code ?? error.name };
  }
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(content)}\n`);
});

server.listen(8080, () => console.log(`serving with ${authFile} (sha256 ${token?.fileSha256 ?? "none"})`));

process.on("SIGTERM", () => {
  if (stop === "never") return;
  setTimeout(() => process.exit(0), stop === "slow" ? SLOW_STOP_MS : 0);
});
