/** Alerts that Loki's ruler evaluates over the journals and the containers' logs. Pure. */
import { formatDuration } from "../../lib/duration.ts";
import { ABOUT_USER, type RuleGroup } from "./alert.ts";
import { silentFor } from "./alert-thresholds.ts";
import type { RuleSettings } from "./settings.ts";

/**
 * Labels that a shipper sets: `unit` from the journal's own `_SYSTEMD_UNIT`, which no process can choose, `workstation`
 * from the host. Text is never asked whose line it is: everybody on a host can write any text.
 */
const STREAM = '{job="claude-fleet-journal", unit=~"claude-auth-sync@.+[.]service"}';

/**
 * What speaks for or against a login: every failure, and every success, whatever else the line complains of. Passing
 * trouble, an `INFO`, says neither.
 */
export const VERDICT = "^(?:FAIL |(?:OK|WARN) user=[^ ]+ class=ok )";

/** 1 for a failure, 0 for a success. */
export const FAILED = '{{ if eq .word "FAIL" }}1{{ else }}0{{ end }}';

/** What the gateway of the containers says when the shared token no longer serves. */
export const FALLBACK = "gateway_using_fallback_key|anthropic_401_unauthorized";

const FIFTEEN_MINUTES = 900;

/** The groups. */
export function lokiGroups(settings: RuleSettings): readonly RuleGroup[] {
  // Longer than the interval: the failure of the last run must not fall out of the window before the next one's.
  const window = formatDuration(Math.ceil(silentFor(settings) / 3600) * 3600);
  const last = `last_over_time(
    ${STREAM}
      |~ \`${VERDICT}\`
      | regexp \`^(?P<word>[A-Z]+) \`
      | label_format failed=\`${FAILED}\`
      | unwrap failed [${window}]
  ) by (workstation, unit)`;
  return [
    {
      name: "claude-fleet-journal",
      alerts: [
        {
          name: "WorkstationClaudeAuthInvalid",
          severity: "critical",
          expr: `max by (workstation, user) (
  label_replace(
    ${last.replaceAll("\n", "\n  ")},
    "user", "$1", "unit", "claude-auth-sync@(.+)[.]service"
  )
) == 1`,
          forSeconds: 0,
          about: ABOUT_USER,
          means: "has a renewal agent whose last verdict is FAIL",
          command: "npx claude-fleet check {{ $labels.user }}",
        },
        {
          name: "reauth_required",
          severity: "critical",
          expr: `sum by (container) (
  count_over_time({job="claude-fleet-containers"} |~ \`${FALLBACK}\` [${formatDuration(FIFTEEN_MINUTES)}])
) > 0`,
          forSeconds: 0,
          about: "{{ $labels.container }}",
          means:
            "is refused with the shared token, or pays with the fallback key: a person makes a new token",
          command: "npx claude-fleet rotate",
        },
      ],
    },
  ];
}
