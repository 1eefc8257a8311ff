/** Defines the alerts that Loki's ruler evaluates over the journals and the containers' logs. */
import { formatDuration } from "../../lib/duration.ts";
import { CHECK, userAlert, type Alert, type RuleGroup } from "./alert.ts";
import { silentFor } from "./alert-thresholds.ts";
import type { RuleSettings } from "./settings.ts";

/** The three services of a user: of the timer, of the path unit, and the recheck after it. Each may prove a login. */
const UNITS = "claude-auth-sync(?:-backup|-recheck)?@(.+)[.]service";

/**
 * Selects the agents' lines by labels that the log shipper sets. `unit` is the journal's own `_SYSTEMD_UNIT`, which no
 * process can choose. The text of a line never decides whose line it is: every user of a host can write any text.
 */
const STREAM = `{job="claude-fleet-journal", unit=~"${UNITS}"}`;

/**
 * Matches the lines that prove or disprove a login: every failure, and every success with whatever warning. An `INFO`
 * line does neither.
 */
export const VERDICT = "^(?:FAIL |(?:OK|WARN) user=[^ ]+ class=ok )";

/** Template that returns 1 for a failure and 0 for a success. */
export const FAILED = '{{ if eq .word "FAIL" }}1{{ else }}0{{ end }}';

/** Template that returns the user of a unit. */
const USER = `{{ regexReplaceAll "${UNITS}" .unit "\${1}" }}`;

/** What the gateway of the containers logs when the shared token does not work any more. */
export const FALLBACK = "gateway_using_fallback_key|anthropic_401_unauthorized";

const FIFTEEN_MINUTES = 900;

/** Returns the groups. */
export function lokiGroups(settings: RuleSettings): readonly RuleGroup[] {
  return [{ name: "claude-fleet-journal", alerts: [authInvalid(settings), REAUTH_REQUIRED] }];
}

function authInvalid(settings: RuleSettings): Alert {
  // Longer than the interval: a failure must stay in the window until the next run.
  const window = formatDuration(Math.ceil(silentFor(settings) / 3600) * 3600);
  return userAlert("WorkstationClaudeAuthInvalid", "critical", {
    expr: `last_over_time(
  ${STREAM}
    |~ \`${VERDICT}\`
    | regexp \`^(?P<word>[A-Z]+) \`
    | label_format failed=\`${FAILED}\`, user=\`${USER}\`
    | unwrap failed [${window}]
) by (workstation, user) == 1`,
    means: "has an agent whose last verdict is FAIL",
    command: CHECK,
  });
}

const REAUTH_REQUIRED: Alert = {
  name: "reauth_required",
  severity: "critical",
  expr: `sum by (container) (
  count_over_time({job="claude-fleet-containers"} |~ \`${FALLBACK}\` [${formatDuration(FIFTEEN_MINUTES)}])
) > 0`,
  forSeconds: 0,
  about: "{{ $labels.container }}",
  means: "is refused with the shared token, or pays with the fallback key; a person must rotate the token",
  command: "npx claude-fleet rotate",
};
