/** Tests how a login on the operator's machine is read, from its file and from the macOS keychain. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { freshLogin, readKeychain, type LoginWorld } from "../../../../../cli/rotate/sources/login.ts";
import { contentOf } from "../../../../../cli/rotate/steps/obtain.ts";
import { login } from "../../../../support/fakes/login.ts";
import { temporaryFolder } from "../../../../support/fakes/temporary-folder.ts";

const NOW = Date.parse("2026-05-22T03:00:00Z");
const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });
const place = { file: ".claude/.credentials.json", keychain: "Claude Code-credentials" };

describe("a login on this machine", () => {
  const [old, fresh] = [login("old"), login("new")];
  const before = { atMs: NOW, keychain: text(old) };

  /** Returns places in which the keychain has these values, one for each read; the last one stays. */
  function places(file: Awaited<ReturnType<LoginWorld["file"]>>, ...keychain: (string | undefined)[]) {
    let read = 0;
    return {
      file: () => Promise.resolve(file),
      keychain: () => Promise.resolve(keychain[Math.min(read++, keychain.length - 1)]),
      wait: () => Promise.resolve(),
    };
  }
  const file = (oauth: Record<string, unknown>, mtimeMs: number) => ({ text: text(oauth), mtimeMs });

  it("is read from its file, where the login wrote that", async () => {
    const written = places(file(fresh, NOW + 1000), undefined);
    expect(await freshLogin(written, before, place)).toBe(text(fresh));
  });

  it("is read from the keychain, where the file is written later", async () => {
    const lagging = places(file(old, NOW - 86_400_000), text(fresh));
    expect(await freshLogin(lagging, before, place)).toBe(text(fresh));
  });

  it("is waited for while the keychain is empty, or still has the former login", async () => {
    const slow = places(undefined, "{}", before.keychain, text(fresh));
    expect(await freshLogin(slow, before, place)).toBe(text(fresh));
  });

  it("is never the former login", async () => {
    const nothing = places(file(old, NOW - 86_400_000), before.keychain);
    await expect(freshLogin(nothing, before, place)).rejects.toThrow(
      `The login wrote neither ~/.claude/.credentials.json nor the keychain's "Claude Code-credentials"`,
    );
  });

  test.each<[string, (json: string) => string]>([
    ["as JSON", (json) => json],
    ["in hexadecimal", (json) => Buffer.from(json).toString("hex")],
  ])("is read from a keychain that prints it %s", async (_, encode) => {
    const folder = await temporaryFolder();
    const program = join(folder, "security");
    const json = text(login("new"));
    await writeFile(join(folder, "item"), encode(json));
    // As security(1): it prints the item of this name, and exits with 44 when there is none.
    const lines = [
      "#!/bin/sh",
      `[ "$1 $2 $4" = "find-generic-password -s -w" ] || exit 2`,
      `[ "$3" = "Claude Code-credentials" ] || exit 44`,
      `cat ${folder}/item; echo`,
    ];
    await writeFile(program, `${lines.join("\n")}\n`);
    await chmod(program, 0o755);
    const found = await readKeychain(program, place.keychain);
    expect(contentOf(found ?? "", "login", NOW)).toBe(`${json}\n`);
    expect(await readKeychain(program, "another")).toBeUndefined();
    expect(await readKeychain(join(folder, "missing"), place.keychain)).toBeUndefined();
  });
});
