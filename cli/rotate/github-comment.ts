/** Writes the comment on the issue about rotations. A rerun does not write it twice. */
import * as z from "zod";
import { ExpectedError } from "../../lib/expected-error.ts";
import { exchange, jsonHeaders, type ExchangeEnd } from "../../lib/http-exchange.ts";
import type { RotationPlan } from "../../plan/model.ts";
import { readTextFile } from "../../lib/regular-file.ts";
import { plainText } from "../../lib/printable.ts";
import { parseAs } from "../json-input.ts";

const DEADLINE_MS = 30_000;
const PER_PAGE = 100;

const comments = z.array(z.object({ html_url: z.string(), body: z.string().nullish() }));
const created = z.object({ html_url: z.string() });

/** The GitHub issue on which rotations comment. */
type Issue = NonNullable<RotationPlan["issue"]>;

/** A comment. */
export interface Comment {
  /** Names the rotation. It stands in the comment as an HTML comment, which GitHub does not show. */
  readonly marker: string;
  readonly body: string;
  /** RFC 3339. Comments before are not searched for the marker. */
  readonly since: string;
}

/**
 * Writes the comment, unless a comment with its marker exists.
 * Source: https://docs.github.com/en/rest/issues/comments
 * @returns the address of the comment
 * @throws {ExpectedError} when it cannot be written
 */
export async function writeComment(issue: Issue, { marker, body, since }: Comment): Promise<string> {
  const token = await githubToken(issue, process.env);
  const url = new URL(`${issue.apiUrl}/repos/${issue.repository}/issues/${issue.number}/comments`);
  const headers = {
    Accept: "application/vnd.github+json",
    Authorization: `Bearer ${token}`,
    "User-Agent": "claude-fleet",
    "X-GitHub-Api-Version": "2022-11-28",
  };
  for (let page = 1; ; page++) {
    const search = new URL(url);
    search.search = new URLSearchParams({ since, per_page: String(PER_PAGE), page: String(page) }).toString();
    const found = parsed(
      issue,
      await exchange(search, { method: "GET", headers, deadlineMs: DEADLINE_MS }),
      200,
      comments,
    );
    const own = found.find((comment) => comment.body?.includes(marker) === true);
    if (own !== undefined) return own.html_url;
    if (found.length < PER_PAGE) break;
  }
  const text = JSON.stringify({ body: `${body}\n\n<!-- ${marker} -->\n` });
  const end = await exchange(url, {
    method: "POST",
    headers: { ...headers, ...jsonHeaders(text) },
    body: text,
    deadlineMs: DEADLINE_MS,
  });
  return parsed(issue, end, 201, created).html_url;
}

function parsed<T>(issue: Issue, end: ExchangeEnd, status: number, shape: z.ZodType<T>): T {
  const place = `The comment on ${issue.repository}#${issue.number} was not written`;
  if (end.kind === "none") {
    throw new ExpectedError(
      `${place}: ${issue.apiUrl} does not answer (${end.why}). Run this again when it does.`,
    );
  }
  if (end.status !== status) {
    const said = plainText(end.text, 200);
    throw new ExpectedError(`${place}: GitHub answered ${end.status} (${said}). ${remedyFor(end.status)}.`);
  }
  const complaint = `${place}: ${issue.apiUrl} is not a GitHub API. Correct \`rotation.issue.apiUrl\`.`;
  return parseAs(shape, end.text, complaint);
}

function remedyFor(status: number): string {
  if (status === 401) return "Give a valid token by GH_TOKEN or `rotation.issue.tokenFile`";
  if (status === 403 || status === 404) {
    return "The token needs `issues: write` there. Check repository and number in the settings as well";
  }
  return status >= 500 ? "Run this again later" : "Check repository and number in the settings";
}

/** Returns GitHub's token: from the settings' file, else from the variables that `gh` reads. @throws {ExpectedError} when there is none */
async function githubToken(
  { tokenFile, repository, number }: Issue,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const text = tokenFile === undefined ? undefined : await readTextFile(tokenFile, 10_000);
  const token = (text ?? environment["GH_TOKEN"] ?? environment["GITHUB_TOKEN"] ?? "").trim();
  if (token !== "") return token;
  const place = tokenFile === undefined ? "GH_TOKEN is not set" : `${tokenFile} is missing or empty`;
  throw new ExpectedError(
    `There is no GitHub token for the comment on ${repository}#${number}: ${place}. Give a token that may write to issues.`,
  );
}
