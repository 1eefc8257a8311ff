/** Only one rotation of a token at a time holds the lock. */
import { readdir, rename, symlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ApprovedCopies, copiesFolder } from "../../../../host/token/approved-copies.ts";
import { temporaryFolder } from "../../../support/fakes/temporary-folder.ts";
import { setupToken } from "../../../support/fakes/login.ts";
import { act, ANCA, BORIS, take, tokenHost, tokenText } from "../../../support/fakes/token-host.ts";

describe("one rotation", () => {
  it("holds the lock of a token, and another rotation is told who holds it", async () => {
    const { token } = await tokenHost();
    expect(await take(token)).toMatchObject({ held: true, mark: { by: "boris@laptop" } });
    expect(await take(token, ANCA)).toMatchObject({ held: false, mark: { by: "boris@laptop" } });
    expect(await take(token)).toMatchObject({ held: true });
  });

  it("may take its lock again, which shows that it lives", async () => {
    const { token } = await tokenHost();
    const first = (await take(token)) as { mark: { since: string } };
    const again = (await take(token)) as { mark: { since: string; seen: string } };
    expect(again.mark.since).toBe(first.mark.since);
    expect(Date.parse(again.mark.seen)).toBeGreaterThanOrEqual(Date.parse(again.mark.since));
  });

  it("loses its lock to a rotation that takes over", async () => {
    const { token } = await tokenHost();
    await take(token);
    expect(await take(token, ANCA, true)).toMatchObject({ held: true, mark: { by: "anca@desk" } });
    const late = act({ action: "deliver-token", token, id: BORIS.id, content: tokenText(setupToken("new")) });
    await expect(late).rejects.toThrow(/anca@desk has held it since .* Nothing was changed/);
    expect(await act({ action: "rotation-unlock", token, id: BORIS.id })).toEqual({ released: false });
    expect(await act({ action: "rotation-unlock", token, id: ANCA.id })).toEqual({ released: true });
    expect(await take(token)).toMatchObject({ held: true });
  });

  it("gets the lock when many begin at the same moment", async () => {
    const { token } = await tokenHost();
    const owners = Array.from({ length: 8 }, (_, index) => ({ id: `rotation-${index}`, by: `o${index}@x` }));
    const taken = await Promise.all(owners.map((owner) => take(token, owner)));
    expect(taken.filter((result) => (result as { held: boolean }).held)).toHaveLength(1);
  });
});

it("writes its lock into the folder that it has opened, also when a link replaces the folder meanwhile", async () => {
  const { token } = await tokenHost();
  const elsewhere = await temporaryFolder();
  await ApprovedCopies.withLock(token.file, async (copies) => {
    const folder = copiesFolder(token.file);
    await rename(folder, `${folder}.away`);
    await symlink(elsewhere, folder);
    await copies.writeRotationLock("{}");
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await readdir(`${folder}.away`)).toContain("rotation.json");
    await copies.writeRotationLock(undefined);
    expect(await readdir(`${folder}.away`)).not.toContain("rotation.json");
  });
});
