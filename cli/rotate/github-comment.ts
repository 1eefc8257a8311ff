/** The comment on the issue that tells others of rotations: written once, whatever is run again. */
import * as z from "zod";
import { readTextFile } from "../../lib/atomic-file.ts";
import { ExpectedError, plainText } from "../../lib/expected-error.ts";
import { exchange, jsonHeaders, type ExchangeEnd } from "../../lib/http-exchange.ts";
import type { IssuePlan } from "../../plan/rotation-model.ts";

const DEADLINE_MS = 30_000;
const PER_PAGE = 100;

const comments = z.array(z.object({ html_url: z.string(), body: z.string().nullish() }));
const created = z.object({ html_url: z.string() });

/** What is to be said. `marker` stands in the comment, where it is not seen, and names the rotation. */
export interface Comment {
  readonly marker: string;
  readonly body: string;
  /** RFC 3339: older comments are not looked at. */
  readonly since: string;
}

/**
 * Writes the comment unless it is there.
 * Source: https://docs.github.com/en/rest/issues/comments
 * @returns its address
 * @throws {ExpectedError} when it cannot be written
 */
export async function writeComment(issue: IssuePlan, { marker, body, since }: Comment): Promise<string> {
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

function parsed<T>(issue: IssuePlan, end: ExchangeEnd, status: number, shape: z.ZodType<T>): T {
  const place = `The comment on ${issue.repository}#${issue.number} was not written`;
  if (end.kind === "none") {
    throw new ExpectedError(
      `${place}: ${issue.apiUrl} does not answer (${end.why}); run this again when it does.`,
    );
  }
  if (end.status !== status) {
    const said = plainText(end.text, 200);
    throw new ExpectedError(`${place}: GitHub answered ${end.status} (${said}); ${remedyFor(end.status)}.`);
  }
  try {
    return shape.parse(JSON.parse(end.text));
  } catch (error) {
    throw new ExpectedError(
      `${place}: ${issue.apiUrl} is no GitHub API; correct \`rotation.issue.apiUrl\`.`,
      { cause: error },
    );
  }
}

function remedyFor(status: number): string {
  if (status === 401) return "give a token that is valid by GH_TOKEN, or by `rotation.issue.tokenFile`";
  if (status === 403 || status === 404) {
    return "the token needs `issues: write` there; check repository and number in the settings, too";
  }
  return status >= 500 ? "run this again later" : "check repository and number in the settings";
}

/** The token: from the settings' file, else as GitHub's own command finds it. @throws {ExpectedError} when there is none */
export async function githubToken(
  { tokenFile, repository, number }: IssuePlan,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const text = tokenFile === undefined ? undefined : await readTextFile(tokenFile, 10_000);
  const token = (text ?? environment["GH_TOKEN"] ?? environment["GITHUB_TOKEN"] ?? "").trim();
  if (token !== "") return token;
  const place = tokenFile === undefined ? "GH_TOKEN is not set" : `${tokenFile} is missing or empty`;
  throw new ExpectedError(
    `There is no GitHub token for the comment on ${repository}#${number}: ${place}; give one that may write to issues.`,
  );
}
