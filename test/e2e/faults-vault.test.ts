// Vault away, sealed, or not for this identity: one clear error, nothing concluded, and nothing to clean up afterwards.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { saidOnce } from "./support/messages.ts";
import { endPart, mendParts } from "./support/parts.ts";
import { expectSuccess, preview, type PulumiOptions, up } from "./support/pulumi.ts";
import { asAdmin } from "./support/vault.ts";

interface Fault {
  readonly what: string;
  readonly options?: PulumiOptions;
  readonly cause?: (environment: DevEnvironment) => Promise<unknown>;
  /** What the provider says, which reads what the state has. */
  readonly provider: RegExp;
  /** What the program says, which looks before it declares anything. */
  readonly program: RegExp;
}

const faults: readonly Fault[] = [
  {
    what: "is down",
    cause: () => endPart("openbao", "SIGTERM"),
    provider:
      /gives no answer .*ECONNREFUSED.*: start it, or correct its address; what it holds is unknown\.$/,
    program:
      /cannot be reached \(.*\), so what it holds is unknown; start it, or mend the way to it, and run this again\.$/,
  },
  {
    what: "is sealed",
    cause: (environment) => asAdmin(environment, { method: "PUT", path: "sys/seal" }, z.unknown()),
    provider: /answers 503 .*: Vault is sealed\. Unseal it; what it holds is unknown until then\.$/,
    program:
      /is sealed or not initialised, so what it holds is unknown; unseal it \(`vault operator unseal`\) and run this again\.$/,
  },
  {
    what: "refuses the administrator's token",
    options: { env: { VAULT_TOKEN: "s.not-a-token-of-this-vault" } },
    provider:
      /answers 403 .*: permission denied\. Use a token that may do this \(VAULT_TOKEN\); what it holds is unknown\.$/,
    program:
      /answered 403 \(.*\), so what it holds is unknown; log in as an identity that may read the fleet's role and policies \(`vault token lookup` says who you are\)\.$/,
  },
  {
    what: "is given no token",
    // No token helper's file either, whoever runs the tests.
    options: { env: { VAULT_TOKEN: "", HOME: "/nonexistent" } },
    provider: /^No token for Vault at .*: export VAULT_TOKEN, or log in with `vault login` or `bao login`\.$/,
    program:
      /^there is no Vault token here, so what Vault holds is unknown; export VAULT_TOKEN or run `vault login`$/,
  },
];

describe.each(faults)("while Vault $what", ({ options, cause, provider, program }) => {
  let environment: DevEnvironment;

  beforeAll(async () => {
    environment = await devEnvironment();
    await cause?.(environment);
  });

  it("`pulumi preview` plans nothing and says why", async () => {
    const ended = await preview(environment, options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(saidOnce(ended, "Vault")).toMatch(provider);
  });

  it("the program says it too, when nothing in the state needs to be read", async () => {
    const ended = await preview(environment, { ...options, args: ["--refresh=false"] });
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(saidOnce(ended, "Vault")).toMatch(program);
  });

  it("`pulumi up` changes nothing and says why", async () => {
    const ended = await up(environment, options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(saidOnce(ended, "Vault")).toMatch(provider);
  });

  it("and needs nothing but `pulumi up` once that is mended", async () => {
    if (cause !== undefined) await mendParts();
    const { operations } = expectSuccess(await up(environment));
    // A host may have been too busy to be asked, and is then applied once more; nothing is made or taken away.
    expect(operations.filter(({ op }) => op !== "update")).toEqual([]);
  });
});
