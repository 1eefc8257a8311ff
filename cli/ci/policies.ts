/** `claude-fleet ci policies`: the files that an administrator of Vault installs once for this stack's fleet. */
import path from "node:path";
import { ExpectedError } from "../../lib/expected-error.ts";
import {
  GITHUB_ISSUER,
  IDENTITIES,
  identityName,
  identityPolicy,
  identityRole,
} from "../../plan/vault/ci-identities.ts";
import type { FleetPlan } from "../../plan/model.ts";
import { createFolder, writeOutput } from "../files.ts";

/** A file, and the command that installs it in Vault. */
export interface IdentityFile {
  readonly name: string;
  readonly content: string;
  readonly command: string;
}

/** Returns the policies in HCL and the roles of the JWT method as JSON. @param repository `owner/name` */
export function identityFiles(plan: FleetPlan, repository: string): readonly IdentityFile[] {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/.test(repository)) {
    throw new ExpectedError(`"${repository}" is not a repository. Write --repository owner/name.`);
  }
  const config = { oidc_discovery_url: GITHUB_ISSUER, bound_issuer: GITHUB_ISSUER };
  return [
    file("jwt.json", json(config), "vault write auth/jwt/config @jwt.json"),
    ...IDENTITIES.flatMap((identity) => {
      const name = identityName(plan.fleet, identity);
      const [policy, role] = [`${identity}.hcl`, `${identity}.json`];
      return [
        file(policy, identityPolicy(identity, plan.vault), `vault policy write ${name} ${policy}`),
        file(
          role,
          json(identityRole(plan.fleet, identity, repository)),
          `vault write auth/jwt/role/${name} @${role}`,
        ),
      ];
    }),
  ];
}

/** Writes the files to `folder`. @returns the commands to type there */
export async function writeIdentityFiles(
  plan: FleetPlan,
  repository: string,
  folder: string,
): Promise<readonly string[]> {
  const files = identityFiles(plan, repository);
  await createFolder(folder);
  for (const { name, content } of files) await writeOutput(path.join(folder, name), content);
  return ["vault auth enable jwt", ...files.map(({ command }) => command)];
}

function file(name: string, content: string, command: string): IdentityFile {
  return { name, content, command };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
