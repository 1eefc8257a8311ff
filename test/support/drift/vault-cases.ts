/** Differences that are made in Vault. */
import { expect } from "vitest";
import * as z from "zod";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { asAdmin, FLEET, lookUp, policyOf, PREFIX, ROLE, statusOfToken } from "../environment/vault.ts";
import { onWorkstation, placesOf, vaultTokenOf } from "../environment/workstation.ts";
import type { DriftCase } from "./case.ts";

const DAYS = 24 * 3600;
const PERIOD = 32 * DAYS;
const APPLY = "update devvm-apply";
const ALICES = placesOf("alice").token;
const devvm = (line: string) => `workstation devvm: ${line}`;

function write(environment: DevEnvironment, path: string, body?: unknown): Promise<unknown> {
  return asAdmin(environment, { method: "POST", path, body }, z.unknown());
}

async function policyText(environment: DevEnvironment, user: string): Promise<string> {
  const shape = z.object({ data: z.object({ policy: z.string() }) });
  const path = `sys/policies/acl/${policyOf(user)}`;
  return (await asAdmin(environment, { method: "GET", path }, shape)).data.policy;
}

const minted = z.object({ auth: z.object({ client_token: z.string(), accessor: z.string() }) });

/** A token of the fleet's role, made by hand. */
async function mint(environment: DevEnvironment, policies: readonly string[]) {
  const meta = { fleet: FLEET, user: "alice", host: "devvm" };
  const call = { method: "POST", path: `auth/token/create/${ROLE}`, body: { policies, meta } } as const;
  return (await asAdmin(environment, call, minted)).auth;
}

async function tokenOf(environment: DevEnvironment, user: string): Promise<string> {
  const token = await vaultTokenOf(environment, user);
  if (token === undefined) throw new Error(`${user} has no Vault token.`);
  return token;
}

/** Puts a token where alice's is, without its accessor, as a copy by hand is. */
const giveAlice = (environment: DevEnvironment, token: string) =>
  onWorkstation(environment, `cat > ${ALICES}`, `${token}\n`);

export const vaultDrift: readonly DriftCase[] = [
  {
    what: "a policy that was widened",
    make: async (environment) => {
      const wider = `${await policyText(environment, "alice")}\npath "secret/*" {\n  capabilities = ["read", "list"]\n}\n`;
      await write(environment, `sys/policies/acl/${policyOf("alice")}`, { policy: wider });
      return {
        named: [`Vault: policy ${policyOf("alice")}: has been edited: it also grants secret/* [list, read]`],
        repairs: ["update alice-policy"],
      };
    },
  },
  {
    what: "a policy that was narrowed",
    make: async (environment) => {
      const narrower = (await policyText(environment, "alice")).replace(
        '"create", "read", "update"',
        '"read"',
      );
      await write(environment, `sys/policies/acl/${policyOf("alice")}`, { policy: narrower });
      return {
        named: [
          `Vault: policy ${policyOf("alice")}: has been edited: it no longer grants secret/data/${PREFIX}/alice [create, update]`,
        ],
        repairs: ["update alice-policy"],
      };
    },
  },
  {
    what: "a policy that was deleted",
    make: async (environment) => {
      const path = `sys/policies/acl/${policyOf("alice")}`;
      await asAdmin(environment, { method: "DELETE", path }, z.unknown());
      return {
        named: [
          `Vault: policy ${policyOf("alice")}: is missing, so the token of alice has no access`,
          devvm("user alice: Vault refuses the Vault token"),
        ],
        repairs: ["update alice-policy", APPLY],
      };
    },
  },
  {
    what: "a token role that hands out every policy",
    make: async (environment) => {
      await write(environment, `auth/token/roles/${ROLE}`, { allowed_policies_glob: [`${ROLE}-*`, "*"] });
      return {
        named: [`Vault: token role ${ROLE}: allows policies that match: *, ${ROLE}-* instead of ${ROLE}-*`],
        repairs: [`update ${FLEET}-role`],
      };
    },
  },
  {
    what: "metadata of a user's backups that was changed",
    make: async (environment) => {
      const path = `secret/metadata/${PREFIX}/alice`;
      await write(environment, path, { max_versions: 3, custom_metadata: { fleet: FLEET, user: "bob" } });
      const thing = `Vault: backups of alice (${path})`;
      return {
        named: [
          `${thing}: 3 versions are kept instead of 50`,
          `${thing}: the metadata says {"fleet":"${FLEET}","user":"bob"} instead of {"fleet":"${FLEET}","user":"alice"}`,
        ],
        repairs: ["update alice-metadata"],
      };
    },
  },
  {
    what: "a token of the role that nobody has",
    make: async (environment) => {
      const stray = await mint(environment, [policyOf("alice")]);
      return {
        named: [`Vault: token ${stray.accessor}: created for alice on devvm; no enrolled user has it`],
        repairs: [`update ${FLEET}-strays`],
        afterwards: async () => expect(await statusOfToken(environment, stray.client_token)).toBe(403),
      };
    },
  },
  {
    what: "a token that was revoked",
    make: async (environment) => {
      await write(environment, "auth/token/revoke", { token: await tokenOf(environment, "alice") });
      return {
        named: [devvm("user alice: Vault refuses the Vault token")],
        repairs: [APPLY],
        renewed: [ALICES],
      };
    },
  },
  {
    what: "a token that ends soon",
    make: async (environment) => {
      const token = await tokenOf(environment, "alice");
      // A token lives by its role's period of the moment at which it is renewed.
      await write(environment, `auth/token/roles/${ROLE}`, { token_period: 15 * DAYS });
      await write(environment, "auth/token/renew", { token });
      await write(environment, `auth/token/roles/${ROLE}`, { token_period: PERIOD });
      return {
        named: [devvm("user alice: the Vault token expires within 16 days: no run has renewed it")],
        repairs: [APPLY],
        afterwards: async () => {
          const shape = z.object({ data: z.object({ ttl: z.number() }) });
          const call = { method: "POST", path: "auth/token/lookup", body: { token } } as const;
          expect((await asAdmin(environment, call, shape)).data.ttl).toBeGreaterThan(31 * DAYS);
        },
      };
    },
  },
  {
    what: "a token with other policies",
    make: async (environment) => {
      const former = await tokenOf(environment, "alice");
      const wider = await mint(environment, [policyOf("alice"), policyOf("bob")]);
      await giveAlice(environment, wider.client_token);
      const both = `${policyOf("alice")}, ${policyOf("bob")}`;
      return {
        named: [
          devvm(
            `user alice: the Vault token is wrong: its policies are [${both}], not exactly [${policyOf("alice")}]`,
          ),
        ],
        repairs: [APPLY],
        renewed: [ALICES],
        afterwards: async () => {
          for (const token of [former, wider.client_token])
            expect(await statusOfToken(environment, token)).toBe(403);
        },
      };
    },
  },
  {
    what: "a token of another user",
    make: async (environment) => {
      const bobs = await tokenOf(environment, "bob");
      await giveAlice(environment, bobs);
      return {
        named: [devvm('user alice: the Vault token is wrong: its user is "bob", not "alice"')],
        repairs: [APPLY],
        renewed: [ALICES],
        afterwards: async () => expect((await lookUp(environment, bobs)).meta).toMatchObject({ user: "bob" }),
      };
    },
  },
];
