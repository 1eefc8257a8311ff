#!/bin/bash
# The same steps as a straightforward script: lock, look the token up and renew it, try whether a successor could be
# stored, ask the CLI, store a login that has changed, report. It knows no history, restores nothing and locks nobody out.
set -euo pipefail
umask 077
state=$HOME/.local/state/claude-auth-sync
file=$HOME/.claude/.credentials.json
mkdir -p "$state"
exec 9>"$state/lock"
flock -n 9 || exit 0

VAULT_TOKEN=$(<"$HOME/.config/claude-auth-sync/vault-token")
export VAULT_TOKEN
bao token lookup -format=json | jq -e --arg policy "$POLICY" '.data.policies == [$policy]' >/dev/null
ttl=$(bao token renew -format=json | jq .auth.lease_duration)

trial=$(mktemp "$HOME/.claude/.trial.XXXXXX")
head -c 16384 /dev/zero >"$trial"
sync "$trial"
mv "$trial" "$trial.renamed"
rm "$trial.renamed"

before=$(sha256sum <"$file")
version=$("$CLAUDE" --version)
answer=$(cd "$state" && env -i HOME="$HOME" PATH=/usr/bin:/bin "$CLAUDE" -p "Reply OK" --output-format json)
jq -e '.is_error == false' <<<"$answer" >/dev/null
[ "$before" = "$(sha256sum <"$file")" ] || refreshed=yes

login=$(jq -c .claudeAiOauth "$file")
entry=$(bao kv get -format=json -mount=secret "$ENTRY")
if [ "$(jq -r .data.data.claude_ai_oauth_json <<<"$entry")" = "$login" ]; then
  backup=unchanged
else
  jq --rawfile login <(printf %s "$login") --arg now "$(date -u +%FT%TZ)" \
    '.data.data + {claude_ai_oauth_json: $login, backed_up_at: $now, credential_expires_at_ms: ($login | fromjson.expiresAt)}' \
    <<<"$entry" |
    bao kv put -mount=secret -cas="$(jq .data.metadata.version <<<"$entry")" "$ENTRY" - >/dev/null
  backup=written
fi

printf '%s OK backup=%s claude=%s refreshed=%s vault_ttl=%s\n' "$(date -u +%FT%TZ)" "$backup" "$version" "${refreshed:-no}" "$ttl" >>"$state/sync.log"
jq -n --arg backup "$backup" '{ranAt: now, word: "OK", backup: $backup}' >"$state/status.json.new"
sync "$state/status.json.new"
mv "$state/status.json.new" "$state/status.json"
