/** A workstation as the original leaves it: shell units, tokens of its own policies, backups that name no machine. */
import * as z from "zod";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { asAdmin, PREFIX } from "./vault.ts";
import { onWorkstation, placesOf, readCredentials } from "./workstation.ts";

const SERVICE = `[Unit]
Description=Claude login of %i
[Service]
Type=oneshot
User=%i
ExecStart=/bin/sh -c 'echo OK >> ~/.local/state/claude-auth-sync/sync.log'
`;

const TIMER = `[Unit]
Description=Claude login of %i, every six hours
[Timer]
OnBootSec=10m
OnUnitActiveSec=6h
[Install]
WantedBy=timers.target
`;

/** Keys of the original's entry, and one of somebody else's beside them. */
export const SIBLING = { vaultwarden_email: "alice@example.com" };

const anything = z.unknown();
const minted = z.object({ auth: z.object({ client_token: z.string() }) });

/** Name of the original's policy. */
export const originalPolicy = (user: string) => `workstation-claude-${user}`;

/** Puts the original's units on the workstation, and its timers in force for these users. */
export async function installOriginal(environment: DevEnvironment, users: readonly string[]): Promise<void> {
  const folder = "/etc/systemd/system";
  await onWorkstation(environment, `cat > ${folder}/claude-auth-sync@.service`, SERVICE);
  await onWorkstation(environment, `cat > ${folder}/claude-auth-sync@.timer`, TIMER);
  const timers = users.map((user) => `claude-auth-sync@${user}.timer`).join(" ");
  await onWorkstation(environment, `systemctl daemon-reload && systemctl enable --now ${timers}`);
}

/** Gives a user the original's token. @returns it */
export async function enrolByOriginal(environment: DevEnvironment, user: string): Promise<string> {
  const paths = [
    `path "secret/data/${PREFIX}/${user}" { capabilities = ["create", "read", "update"] }`,
    'path "auth/token/lookup-self" { capabilities = ["read"] }',
    'path "auth/token/renew-self" { capabilities = ["update"] }',
  ];
  const path = `sys/policies/acl/${originalPolicy(user)}`;
  await asAdmin(environment, { method: "POST", path, body: { policy: paths.join("\n") } }, anything);
  const body = {
    policies: [originalPolicy(user)],
    period: "768h",
    display_name: `devvm-claude-auth-${user}`,
  };
  const call = { method: "POST", path: "auth/token/create-orphan", body } as const;
  const token = (await asAdmin(environment, call, minted)).auth.client_token;
  const { configFolder, token: file, log } = placesOf(user);
  const state = log.slice(0, log.lastIndexOf("/"));
  const script = `umask 077; rm -rf ${state}; mkdir -p ${configFolder} ${state}; cat > ${file}; echo OK > ${log}`;
  await onWorkstation(environment, `runuser -u ${user} -- sh -c '${script}'`, `${token}\n`);
  return token;
}

/** Stores a user's login as the original does, in a fresh entry. */
export async function backUpByOriginal(environment: DevEnvironment, user: string): Promise<void> {
  const credentials = z.object({ claudeAiOauth: z.looseObject({ expiresAt: z.number() }) });
  const { claudeAiOauth } = credentials.parse(JSON.parse((await readCredentials(environment, user)) ?? ""));
  const metadata = `secret/metadata/${PREFIX}/${user}`;
  await asAdmin(environment, { method: "DELETE", path: metadata }, anything);
  const data = {
    claude_ai_oauth_json: JSON.stringify(claudeAiOauth),
    credential_expires_at_ms: String(claudeAiOauth.expiresAt),
    backed_up_at: "2026-06-20T20:10:40+00:00",
    ...SIBLING,
  };
  const path = `secret/data/${PREFIX}/${user}`;
  await asAdmin(environment, { method: "POST", path, body: { data } }, anything);
}
