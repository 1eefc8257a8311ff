import { beforeEach, describe, expect, it } from "vitest";
import { Accounts, type AccountsState } from "../../../../../dev/stand-ins/anthropic/accounts.ts";
import { LIFETIMES, sha256 } from "../../../../../dev/stand-ins/anthropic/tokens.ts";

let now = 0;
let saved: AccountsState = { accounts: [], tokens: [] };
let accounts: Accounts;

/** What a restart of the stand-in has. */
const restarted = () =>
  new Accounts(
    JSON.parse(JSON.stringify(saved)) as AccountsState,
    () => undefined,
    () => now,
  );

beforeEach(() => {
  now = 1_800_000_000_000;
  saved = { accounts: [], tokens: [] };
  accounts = new Accounts(
    saved,
    (state) => (saved = state),
    () => now,
  );
});

const alice = () => accounts.account("alice@example.com");

describe("tokens", () => {
  it("look like the real ones and are never kept themselves", () => {
    const grant = accounts.login(alice());
    expect(grant.accessToken).toMatch(/^sk-ant-oat01-[A-Za-z0-9_-]{95}$/);
    expect(grant.refreshToken).toMatch(/^sk-ant-ort01-[A-Za-z0-9_-]{95}$/);
    const { token } = accounts.setupToken(alice());
    expect(token).toMatch(/^sk-ant-oat01-[A-Za-z0-9_-]{95}$/);
    const kept = JSON.stringify(saved);
    for (const secret of [grant.accessToken, grant.refreshToken, token]) {
      expect(kept).not.toContain(secret);
      expect(kept).toContain(sha256(secret));
    }
  });

  it("are judged by their state and time", () => {
    const grant = accounts.login(alice());
    expect(accounts.judge(grant.accessToken).verdict).toBe("live");
    expect(accounts.judge(grant.refreshToken).verdict).toBe("unknown");
    expect(accounts.judge("sk-ant-oat01-never-issued").verdict).toBe("unknown");
    now += LIFETIMES.access;
    expect(accounts.judge(grant.accessToken).verdict).toBe("expired");
    accounts.revoke({ sha256: sha256(grant.accessToken) });
    expect(accounts.judge(grant.accessToken).verdict).toBe("revoked");
  });

  it("of one person are revoked without the others'", () => {
    const hers = accounts.login(alice());
    const his = accounts.login(accounts.account("bob@example.com"));
    expect(accounts.revoke({ email: "alice@example.com" })).toBe(2);
    expect(accounts.judge(hers.accessToken).verdict).toBe("revoked");
    expect(accounts.refresh(hers.refreshToken)).toBeUndefined();
    expect(accounts.judge(his.accessToken).verdict).toBe("live");
  });
});

describe("a refresh", () => {
  it("uses the token up before the successor is known, and a restart remembers it", () => {
    const first = accounts.login(alice());
    const second = accounts.refresh(first.refreshToken);
    expect(second?.account.email).toBe("alice@example.com");
    expect(second?.refreshToken).not.toBe(first.refreshToken);
    expect(accounts.refresh(first.refreshToken)).toBeUndefined();
    expect(restarted().refresh(first.refreshToken)).toBeUndefined();
    expect(restarted().refresh(second?.refreshToken ?? "")).toBeDefined();
  });

  it("may come without a new refresh token, and the old one then stays good", () => {
    const first = accounts.login(alice());
    const second = accounts.refresh(first.refreshToken, false);
    expect(second?.refreshToken).toBe(first.refreshToken);
    expect(accounts.judge(second?.accessToken ?? "").verdict).toBe("live");
    expect(accounts.refresh(first.refreshToken)).toBeDefined();
  });

  it("is refused for an expired refresh token and for anything that is none", () => {
    const grant = accounts.login(alice());
    expect(accounts.refresh(grant.accessToken)).toBeUndefined();
    now += LIFETIMES.refresh;
    expect(accounts.refresh(grant.refreshToken)).toBeUndefined();
  });

  it("is not answered when it cannot be saved", () => {
    const grant = accounts.login(alice());
    const full = new Accounts(saved, () => {
      throw new Error("ENOSPC");
    });
    expect(() => full.refresh(grant.refreshToken)).toThrow("ENOSPC");
    expect(full.tokens).toEqual(saved.tokens);
  });
});
