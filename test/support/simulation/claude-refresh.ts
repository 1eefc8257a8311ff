/** How the CLI refreshes a login: under its locks, after it has read the file again. */
import { takeCliLock } from "./claude-locks-model.ts";
import { MANNERS } from "./claude-texts.ts";
import { REFRESH_WINDOW_MS } from "../../../claude/refresh-window.ts";
import type { Reading } from "../../../lib/machine-ports.ts";
import type { CliPort } from "./claude-port.ts";
import type { HeldLogin } from "./claude-login.ts";
import { readLogin } from "./claude-login.ts";

/** `kept`: no refresh was due, or it failed. `refused`: the file was emptied. `locked`: another CLI holds the lock. */
export type RefreshEnd =
  | { readonly kind: "kept" | "refused" | "locked" }
  | { readonly kind: "refreshed"; readonly login: HeldLogin; readonly stored: boolean };

/** The CLI gives up a refresh without an answer after this time. */
const ANSWER_MS = 30_000;

/** @param forced whether the API has refused the access token, which may not have expired */
export async function refreshLogin(cli: CliPort, held: HeldLogin, forced: boolean): Promise<RefreshEnd> {
  const due = (login: HeldLogin) => forced || login.expiresAt - REFRESH_WINDOW_MS <= cli.wallClock();
  if (!due(held) || held.refreshToken === undefined) return { kind: "kept" };
  const { staleMs, lockPatienceMs } = MANNERS[cli.version];
  const patience = lockPatienceMs ?? staleMs + 5000;
  const own = await takeCliLock(cli, `${cli.folder}/.oauth_refresh.lock`, staleMs, patience);
  if (own === undefined) return { kind: "locked" };
  try {
    const legacy = await takeCliLock(cli, `${cli.folder}.lock`, staleMs, patience);
    if (legacy === undefined) return { kind: "locked" };
    try {
      return await underLock(cli, held, due, () => own.isLost() || legacy.isLost());
    } finally {
      await legacy.release();
    }
  } finally {
    await own.release();
  }
}

async function underLock(
  cli: CliPort,
  held: HeldLogin,
  due: (login: HeldLogin) => boolean,
  isLost: () => boolean,
): Promise<RefreshEnd> {
  const found = await readLogin(cli);
  if (found === undefined || found === "blank" || found.refreshToken === undefined) return { kind: "kept" };
  // Another process has refreshed the login meanwhile.
  if (found.accessToken !== held.accessToken) return { kind: "refreshed", login: found, stored: true };
  if (!due(found) || isLost()) return { kind: "kept" };
  const sent = found.refreshToken;
  const reply = await cli.refresh(sent);
  switch (reply.kind) {
    case "failed":
    case "refused":
      return { kind: "kept" };
    case "hang":
      await cli.sleep(ANSWER_MS);
      return { kind: "kept" };
    case "invalid-grant": {
      const now = await readLogin(cli);
      if (now !== undefined && now !== "blank" && now.accessToken !== held.accessToken)
        return { kind: "refreshed", login: now, stored: true };
      await updateFile(cli, [sent], (oauth) => ({
        ...oauth,
        accessToken: "",
        refreshToken: "",
        expiresAt: 0,
      }));
      return { kind: "refused" };
    }
    case "ok": {
      const login = {
        accessToken: reply.accessToken,
        refreshToken: reply.refreshToken ?? sent,
        expiresAt: cli.wallClock() + reply.lastsMs,
      };
      const end = await updateFile(cli, [sent, ""], (oauth) => rewritten(cli, oauth, login));
      if (end !== "other") return { kind: "refreshed", login, stored: end === "written" };
      const now = await readLogin(cli);
      return now === undefined || now === "blank"
        ? { kind: "kept" }
        : { kind: "refreshed", login: now, stored: true };
    }
  }
}

/** The keys that the CLI writes. */
function rewritten(cli: CliPort, former: Record<string, unknown>, login: HeldLogin): Record<string, unknown> {
  const { refreshTokenExpiresAt, subscriptionType, rateLimitTier } = former;
  // The answer to a refresh replaces these keys.
  const scopes = former["scopes"] ?? ["user:inference", "user:profile"];
  const end = MANNERS[cli.version].keepsLoginEnd && refreshTokenExpiresAt !== undefined;
  return { ...login, ...(end ? { refreshTokenExpiresAt } : {}), scopes, subscriptionType, rateLimitTier };
}

/** `other`: the file holds another login, which the CLI keeps. */
type Update = "written" | "failed" | "other";

/**
 * Changes the login in the file, and keeps the other keys.
 * @param over the refresh tokens that may be overwritten, in a version that checks this
 */
async function updateFile(
  cli: CliPort,
  over: readonly string[],
  change: (oauth: Record<string, unknown>) => Record<string, unknown>,
): Promise<Update> {
  const compares = MANNERS[cli.version].comparesBeforeWriting;
  for (let attempt = 1; ; attempt++) {
    const end = await changeFile(cli, (content) => {
      const oauth = content["claudeAiOauth"] as Record<string, unknown> | undefined;
      if (compares && (oauth === undefined || !over.includes(String(oauth["refreshToken"]))))
        return undefined;
      return { ...content, claudeAiOauth: change(oauth ?? {}) };
    });
    if (end !== "failed" || attempt === 3) return end;
    await cli.sleep(100 * attempt);
  }
}

/** How long to wait for another writer, and when its lock counts as stale, in milliseconds. */
const WRITE_PATIENCE_MS = 7000;
const WRITE_STALE_MS = 15_000;

/** Reads, changes and replaces the whole file under the write lock. */
export async function changeFile(
  cli: CliPort,
  change: (content: Record<string, unknown>) => Record<string, unknown> | undefined,
): Promise<Update> {
  const path = `${cli.folder}/.credentials.json`;
  const lock = await takeCliLock(
    cli,
    `${cli.folder}/.storage-write.lock`,
    WRITE_STALE_MS,
    WRITE_PATIENCE_MS,
  ).catch(() => undefined);
  if (lock === undefined) return "failed";
  try {
    const content = change(contentOf(await cli.files.read(path, 1 << 20)));
    if (content === undefined) return "other";
    const temporary = `${path}.tmp.${cli.random(6)}`;
    try {
      await cli.files.create(temporary, JSON.stringify(content));
      await cli.files.sync(temporary);
      await cli.files.rename(temporary, path);
      return "written";
    } catch {
      await cli.files.remove(temporary);
      return "failed";
    }
  } finally {
    await lock.release();
  }
}

function contentOf(reading: Reading): Record<string, unknown> {
  if (reading.kind !== "file") return {};
  try {
    const value: unknown = JSON.parse(reading.text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
