/** The secret values of the test environment, and the search for them, in clear and in the usual encodings. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { readCredentials, vaultTokenOf } from "./workstation.ts";

/** A value that must not show up, and what to call it in a message. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** Values that are too short could be anybody's. */
const MIN_LENGTH = 12;

/** Names of those of `secrets` that `text` holds. */
export function findSecrets(text: string, secrets: readonly Secret[]): readonly string[] {
  return secrets
    .filter(({ value }) => forms(value).some((form) => text.includes(form)))
    .map(({ name }) => name);
}

/** What a value looks like in clear, cut in two, in hexadecimal, and in base64 wherever it begins. */
function forms(value: string): readonly string[] {
  if (value.length < MIN_LENGTH)
    throw new RangeError("A secret of so few characters cannot be searched for.");
  const bytes = Buffer.from(value);
  const half = Math.floor(value.length / 2);
  const halves = value.length >= 48 ? [value.slice(0, half), value.slice(half)] : [];
  // Bytes before the value shift its base64; the outermost characters depend on its neighbours.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    return (["base64", "base64url"] as const).map((kind) =>
      shifted
        .toString(kind)
        .replaceAll("=", "")
        .slice(shift === 0 ? 0 : shift + 1, -2),
    );
  });
  return [value, ...halves, bytes.toString("hex"), ...base64];
}

const init = z.object({ keys_base64: z.array(z.string()) });

/** Secrets of the environment itself: who holds one of these is the operator, or Vault. */
export async function environmentSecrets(environment: DevEnvironment): Promise<readonly Secret[]> {
  const read = (path: string) => readFile(join(checkout.folder, path), "utf8");
  const [initText, passphrase, control, loginKey, hostKey] = await Promise.all([
    read("vault/init.json"),
    read("pulumi/passphrase"),
    read("anthropic/control-secret"),
    read("ssh/id_ed25519"),
    read("ssh/host_ed25519"),
  ]);
  const [unsealKey = ""] = init.parse(JSON.parse(initText)).keys_base64;
  return [
    { name: "the operator's Vault token", value: environment.vault.token },
    { name: "the unseal key", value: unsealKey },
    { name: "the unseal key in hexadecimal", value: Buffer.from(unsealKey, "base64").toString("hex") },
    { name: "the stack's passphrase", value: passphrase.trim() },
    { name: "the stand-in's control secret", value: control.trim() },
    { name: "the ssh login's key", value: keyBody(loginKey) },
    { name: "the workstation's host key", value: keyBody(hostKey) },
  ];
}

/** What of a user must stay in the home: the scoped Vault token, and every token of the credentials file. */
export async function userSecrets(environment: DevEnvironment, user: string): Promise<readonly Secret[]> {
  const [vaultToken, credentials] = await Promise.all([
    vaultTokenOf(environment, user),
    readCredentials(environment, user),
  ]);
  const scoped = vaultToken === undefined ? [] : [{ name: `${user}'s Vault token`, value: vaultToken }];
  return [...scoped, ...tokensIn(credentials ?? "{}", user)];
}

/** The tokens of a credentials or token file. */
export function tokensIn(file: string, owner: string): readonly Secret[] {
  const found: Secret[] = [];
  JSON.parse(file, (key: string, value: unknown) => {
    if (/^(access|refresh)Token$/.test(key) && typeof value === "string")
      found.push({ name: `${owner}'${owner.endsWith("s") ? "" : "s"} ${key}`, value });
    return value;
  });
  return found;
}

/** The lines that are the key, without the format's own words, which all keys share. */
function keyBody(pem: string): string {
  const lines = pem.trim().split("\n").slice(1, -1);
  return lines.at(-2) ?? "";
}
