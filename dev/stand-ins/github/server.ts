/** Stands in for GitHub's comments on issues, on loopback; in memory, for as long as who started it lives. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";

/** A comment as it was written. */
interface WrittenComment {
  /** `owner/name#number`. */
  readonly issue: string;
  readonly body: string;
}

/** A running stand-in. */
export interface GithubStandIn {
  /** Base URL of the API. */
  readonly url: string;
  readonly comments: readonly WrittenComment[];
  /** Every request is answered by this status until it is told otherwise; undefined: as GitHub would. */
  failWith(status: number | undefined): void;
  close(): Promise<void>;
}

const PLACE = /^\/repos\/([\w.-]+\/[\w.-]+)\/issues\/(\d+)\/comments$/;
const newComment = z.object({ body: z.string().min(1) });

/**
 * Starts it. Only `token` may write or read.
 * Source: https://docs.github.com/en/rest/issues/comments
 */
export async function startGithub(token: string): Promise<GithubStandIn> {
  const comments: WrittenComment[] = [];
  let failure: number | undefined;
  const server = createServer((request, response) => {
    void answer(request, { token, comments, failure }).then(({ status, content }) =>
      send(response, status, content),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    comments,
    failWith: (status) => (failure = status),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface State {
  readonly token: string;
  readonly comments: WrittenComment[];
  readonly failure: number | undefined;
}

async function answer(
  request: IncomingMessage,
  { token, comments, failure }: State,
): Promise<{ readonly status: number; readonly content: unknown }> {
  let text = "";
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString("utf8");
  if (failure !== undefined) return { status: failure, content: { message: "Server Error" } };
  if (request.headers.authorization !== `Bearer ${token}`) {
    return { status: 401, content: { message: "Bad credentials" } };
  }
  const url = new URL(request.url ?? "/", "http://stand-in");
  const [, repository, number] = PLACE.exec(url.pathname) ?? [];
  if (repository === undefined || number === undefined)
    return { status: 404, content: { message: "Not Found" } };
  const issue = `${repository}#${number}`;
  if (request.method === "GET") {
    const page = Number(url.searchParams.get("page") ?? 1);
    const size = Number(url.searchParams.get("per_page") ?? 30);
    const own = comments.filter((comment) => comment.issue === issue);
    return { status: 200, content: own.slice((page - 1) * size, page * size).map(shown) };
  }
  const parsed = newComment.safeParse(JSON.parse(text));
  if (!parsed.success) return { status: 422, content: { message: "Validation Failed" } };
  const comment = { issue, body: parsed.data.body };
  comments.push(comment);
  return { status: 201, content: shown(comment, comments.length - 1) };
}

function shown({ issue, body }: WrittenComment, index: number) {
  const [repository, number] = issue.split("#");
  return { html_url: `https://github.com/${repository}/issues/${number}#issuecomment-${index + 1}`, body };
}

function send(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
}
