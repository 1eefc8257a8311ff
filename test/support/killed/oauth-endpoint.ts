/** Serves the simulated OAuth server over HTTP, for CLIs that are processes. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { OauthServer, type Sender } from "../simulation/oauth-server.ts";

/** Serves one {@link OauthServer} at a time. */
export class OauthEndpoint {
  server = new OauthServer(() => Date.now());
  address = "";
  /** The requests that have no answer yet. */
  readonly #http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { token, ...by } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Sender & {
        token: string;
      };
      response.end(JSON.stringify(this.#answer(request.url ?? "", token, by)));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
    this.address = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #answer(path: string, token: string, by: Sender): unknown {
    if (path === "/message") return this.server.message(token, by);
    if (path === "/refresh") return this.server.refresh(token, by);
    return { email: this.server.emailOf(token) };
  }
}
