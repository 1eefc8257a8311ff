/** Which tokens an apply keeps, renews and replaces. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import { accessorOf, workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

describe("an apply", () => {
  test("replaces a dead token, and revokes the old accessor", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    const first = (await at.run(plan)).result.users[0]?.accessor ?? "";
    at.vault.revoke(first);
    const { result } = await at.run(plan);
    expect(result.users[0]?.token).toBe("re-enrolled");
    expect(at.operator.revoked).toEqual([first]);
  });

  test("replaces the token of another user", async () => {
    await mkdir(join(at.tokenFile("alice"), ".."), { recursive: true });
    await writeFile(at.tokenFile("alice"), at.vault.mint("bob").token);
    const { result } = await at.run(fakePlan(at.vault, ["alice"]));
    expect(result.users[0]?.token).toBe("re-enrolled");
    const token = (await readFile(at.tokenFile("alice"), "utf8")).trim();
    expect(at.vault.tokens.get(token)?.meta["user"]).toBe("alice");
  });

  describe("where tokens are bound to networks", () => {
    const free = () => fakePlan(at.vault, ["alice"]);
    const bound = (cidr: string) => ({ ...free(), vault: { ...free().vault, tokenBoundCidrs: [cidr] } });
    const mint = (...bound_cidrs: string[]) => {
      at.operator.session.needToken = (user) =>
        Promise.resolve({ user, ...at.vault.mintWrapped(user, { bound_cidrs }) });
    };

    test("reports an unbound token, which still works, and replaces it", async () => {
      const first = accessorOf(await at.run(free()), "alice");
      const plan = bound("127.0.0.0/8");
      const { users, vaultSource } = await observeWorkstation(at.host.system, plan);
      expect(vaultSource).toBe("127.0.0.1");
      expect(users[0]?.token).toMatchObject({
        health: "stale",
        detail: "it is bound to no network instead of 127.0.0.0/8",
      });
      mint("127.0.0.0/8");
      const { result, problems } = await at.run(plan);
      expect(problems).toEqual([]);
      expect(result.users[0]).toMatchObject({ token: "re-enrolled" });
      expect(at.operator.revoked).toEqual([first]);
      expect((await at.run(plan)).result.users[0]).toMatchObject({ token: "kept" });
    });

    test("revokes a new token that the role has not bound, and keeps the old one", async () => {
      const first = accessorOf(await at.run(free()), "alice");
      const unbound = "it is bound to no network instead of 127.0.0.0/8";
      mint();
      const { result, problems } = await at.run(bound("127.0.0.0/8"));
      expect(problems).toEqual([
        `alice keeps the Vault token that is to be replaced (${unbound}): the new token is not what it must be: ${unbound}.`,
      ]);
      expect(at.operator.revoked).toEqual(["fake-accessor-2"]);
      expect(result.users[0]).toMatchObject({ token: "failed", accessor: first });
      expect([...at.vault.tokens.values()].map(({ accessor }) => accessor)).toEqual([first]);
    });

    test("does not report the address of the host when tokens are not bound", async () => {
      expect((await observeWorkstation(at.host.system, free())).vaultSource).toBeNull();
    });
  });

  test("replaces a token that is too old, and keeps a younger one", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    const days = (rotate: number) => ({
      ...plan,
      vault: { ...plan.vault, rotateTokensAfterSeconds: rotate * 86_400 },
    });
    const first = accessorOf(await at.run(plan), "alice");
    const made = 1_700_000_000;
    const [token] = [...at.vault.tokens.values()];
    // Vault answers like this forty days after the token was created.
    token!.creation_time = made;
    token!.expire_time = new Date((made + 40 * 86_400 + token!.ttl) * 1000).toISOString();
    expect((await at.run(days(41))).result.users[0]).toMatchObject({ token: "kept" });
    const { result, problems } = await at.run(days(40));
    expect(problems).toEqual([]);
    expect(result.users[0]).toMatchObject({ token: "re-enrolled" });
    expect(at.operator.revoked).toEqual([first]);
  });

  test("mints nothing while Vault is sealed, and reports the state as unknown", async () => {
    const plan = fakePlan(at.vault, ["alice", "bob"]);
    await at.run(fakePlan(at.vault, ["alice"]));
    at.vault.broken = { status: 503, body: { errors: ["Vault is sealed"] } };
    const { problems } = await at.run(plan);
    expect(problems[0]).toContain("alice: the state of the Vault token is unknown");
    expect(problems[1]).toContain("bob was not enrolled: Vault at");
    expect(at.operator.minted).toEqual(["alice"]);
    expect(at.operator.revoked).toEqual([]);
  });

  test("revokes a wrong new token, and keeps the old accessor", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    const first = (await at.run(plan)).result.users[0]?.accessor;
    await writeFile(at.tokenFile("alice"), "dead");
    at.operator.session.needToken = (user) =>
      Promise.resolve({ user, ...at.vault.mintWrapped(user, { policies: ["claude-dev-bob"] }) });
    const { result, problems } = await at.run(plan);
    expect(problems).toEqual([
      "alice was not enrolled: the new token is not what it must be: its policies are [claude-dev-bob], not exactly [claude-dev-alice].",
    ]);
    expect(at.operator.revoked).toEqual(["fake-accessor-2"]);
    expect(result.users[0]).toMatchObject({ token: "failed", accessor: first });
    expect((await readFile(at.accessorFile("alice"), "utf8")).trim()).toBe(first);
  });

  test("renews a token that its agent has not renewed for long, and mints none", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(plan);
    const [token] = [...at.vault.tokens.values()];
    token!.ttl = 3600;
    const { result, problems } = await at.run(plan);
    expect(problems).toEqual([]);
    expect(result.users[0]?.token).toBe("kept");
    expect(token!.ttl).toBe(2_764_800);
  });
});
