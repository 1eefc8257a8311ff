/** Which questions to Docker's engine an observer's key may ask, and what it sees of the answers. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mayAsk, mayRead, serveEngine } from "../../../../host/observer/docker-proxy.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";

describe("the engine behind an observer's key", () => {
  test.each<[string, string, boolean]>([
    ["GET", "/_ping", true],
    ["HEAD", "/_ping", true],
    ["GET", "/v1.45/version", true],
    ["GET", "/v1.45/containers/json?all=1", true],
    ["GET", "/v1.45/containers/abc123/json", true],
    ["POST", "/v1.45/containers/create", false],
    ["POST", "/v1.45/containers/abc/exec", false],
    ["DELETE", "/v1.45/containers/abc", false],
    ["GET", "/v1.45/containers/abc/archive?path=/run/auth.json", false],
    ["GET", "/v1.45/containers/abc/logs", false],
    ["GET", "/v1.45/containers/abc/../../secrets/json", false],
    ["GET", "/v1.45/images/x/get", false],
    ["GET", "/v1.45/secrets", false],
  ])("%s %s", (method, url, allowed) => {
    expect(mayAsk(method, url)).toBe(allowed);
  });

  const own = { Id: "a", Labels: { "claude-fleet.fleet": "prod" } };
  const inspect = (labels: object | null) =>
    JSON.stringify({ Id: "a", Config: { Env: ["A=b"], Labels: labels } });

  test("shows only containers of a fleet", () => {
    const list = JSON.stringify([own, { Id: "b", Labels: null }, { Id: "c", Labels: { other: "x" } }]);
    expect(JSON.parse(mayRead("/containers/json", list) ?? "")).toEqual([own]);
    expect(mayRead("/containers/a/json", inspect(own.Labels))).toContain("A=b");
    expect(mayRead("/containers/a/json", inspect({}))).toBeUndefined();
    expect(mayRead("/containers/a/json", inspect(null))).toBeUndefined();
  });

  describe("over the connection", () => {
    let engine: Server;
    let socket: string;
    const asked: string[] = [];
    beforeEach(async () => {
      socket = join(await temporaryFolder(), "docker.sock");
      engine = createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`);
        response
          .setHeader("api-version", "1.45")
          .end(request.url?.includes("json") ? JSON.stringify([own]) : "OK");
      }).listen(socket);
      await once(engine, "listening");
    });
    afterEach(() => engine.close());

    test("gets the allowed questions, and the proxy refuses the others itself", async () => {
      const [input, output] = [new PassThrough(), new PassThrough()];
      const served = serveEngine(input, output, socket);
      let said = "";
      output.on("data", (chunk: Buffer) => (said += String(chunk)));
      input.write("GET /_ping HTTP/1.1\r\nhost: d\r\n\r\nGET /containers/json HTTP/1.1\r\nhost: d\r\n\r\n");
      input.write("POST /containers/create HTTP/1.1\r\nhost: d\r\ncontent-length: 2\r\n\r\n{}");
      await vi.waitFor(() => expect(said.match(/HTTP\/1\.1 \d+/g)).toHaveLength(3));
      expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 403"]);
      expect(asked).toEqual(["GET /_ping", "GET /containers/json"]);
      expect(said).toContain("api-version: 1.45");
      input.end();
      await served;
    });
  });
});
