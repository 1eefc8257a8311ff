/** Renders the fleet's dashboard as the JSON that Grafana imports. */
import { METRICS, STATUS_METRICS } from "../metrics/metric-table.ts";
import { age, remaining } from "./promql.ts";

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const FLEET = 'fleet=~"$fleet"';
const USER = "fleet, workstation, user";

/** Grafana's grid is 24 columns wide. */
const WIDTH = 24;

interface Panel {
  readonly type: "stat" | "table" | "bargauge" | "state-timeline" | "timeseries";
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly unit?: string;
  /** PromQL by legend. A table joins the queries of its columns by their labels. */
  readonly queries: Readonly<Record<string, string>>;
  /** The least value of each colour. `null`: everything below the next value. */
  readonly steps?: readonly (readonly [value: number | null, colour: string])[];
}

const days = (seconds: string) => `${seconds} / 86400`;
const perUser = (query: string) => `max by (${USER}) (${query})`;

const PANELS: readonly Panel[] = [
  {
    ...{ type: "stat", title: "Alerts firing", width: 4, height: 4 },
    queries: {
      firing: 'count(ALERTS{alertstate="firing", alertname=~"Claude.+|WorkstationClaude.+"}) or vector(0)',
    },
    steps: [
      [null, "green"],
      [1, "red"],
    ],
  },
  {
    ...{ type: "stat", title: "Users", width: 12, height: 4 },
    queries: {
      renewed: `sum(${METRICS.renewed.name}{${FLEET}})`,
      "proven within a day": `count(${age(METRICS.lastSuccess, FLEET)} < 86400) or vector(0)`,
      paused: `sum(${METRICS.paused.name}{${FLEET}})`,
      "awaiting login": `sum(${METRICS.awaitingLogin.name}{${FLEET}})`,
    },
  },
  {
    ...{ type: "stat", title: "Containers with the current token", width: 8, height: 4 },
    queries: {
      current: `sum(${STATUS_METRICS.consumerCurrent.name}{${FLEET}})`,
      all: `count(${STATUS_METRICS.consumerCurrent.name}{${FLEET}})`,
    },
  },
  {
    ...{ type: "bargauge", title: "Logins and setup tokens: days until they expire", width: 12, height: 10 },
    unit: "d",
    queries: {
      "{{user}} ({{credential}})": days(
        `min by (user, credential) ${remaining(METRICS.expiry, `${FLEET}, credential=~"login|setup-token"`)}`,
      ),
    },
    steps: [
      [null, "red"],
      [1, "orange"],
      [7, "green"],
    ],
  },
  {
    ...{ type: "state-timeline", title: "Class of the last run", width: 12, height: 10 },
    queries: {
      "{{user}}: {{class}}": `max by (user, class) (${METRICS.class.name}{${FLEET}})`,
    },
  },
  {
    ...{ type: "table", title: "Users", width: 24, height: 12, unit: "s" },
    queries: {
      class: `max by (${USER}, class, reason) (${METRICS.class.name}{${FLEET}})`,
      "since the last success": perUser(age(METRICS.lastSuccess, FLEET)),
      "since a refresh was proven": perUser(age(METRICS.lastRefresh, FLEET)),
      "until the login expires": perUser(
        remaining(METRICS.expiry, `${FLEET}, credential=~"login|setup-token"`),
      ),
      "until the Vault token expires": perUser(
        remaining(METRICS.expiry, `${FLEET}, credential="vault-token"`),
      ),
      "age of the backup": perUser(age(METRICS.backupStored, FLEET)),
      "backup matches": perUser(`${METRICS.backupMatches.name}{${FLEET}}`),
      "until the next run": perUser(remaining(METRICS.nextRun, FLEET)),
      "age of the data": perUser(age(METRICS.lastRun, FLEET)),
    },
  },
  {
    ...{ type: "table", title: "Containers", width: 12, height: 8 },
    queries: { current: `max by (fleet, token, service) (${STATUS_METRICS.consumerCurrent.name}{${FLEET}})` },
  },
  {
    ...{ type: "timeseries", title: "Restores and backups", width: 12, height: 8 },
    queries: {
      restores: `sum(increase(${METRICS.restores.name}{${FLEET}}[1h]))`,
      backups: `sum(increase(${METRICS.backups.name}{${FLEET}}[1h]))`,
    },
  },
];

/**
 * Returns the dashboard.
 * Source: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
export function dashboard(): object {
  return {
    title: "Claude Code logins",
    uid: "claude-fleet",
    description: "Which users need a person, and what expires when. Rendered by claude-fleet.",
    tags: ["claude-fleet"],
    timezone: "utc",
    editable: true,
    schemaVersion: 39,
    version: 1,
    refresh: "1m",
    time: { from: "now-7d", to: "now" },
    templating: {
      list: [
        { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
        {
          ...{ name: "fleet", label: "Fleet", type: "query", datasource: DATASOURCE, refresh: 2 },
          ...{ query: `label_values(${METRICS.renewed.name}, fleet)`, includeAll: true, multi: true },
          current: { text: "All", value: "$__all" },
        },
      ],
    },
    panels: placed(PANELS).map(([panel, at], index) => panelJson(panel, at, index + 1)),
  };
}

type Place = Readonly<Record<"x" | "y" | "w" | "h", number>>;

/** Places the panels in rows. A row is as high as its highest panel. */
function placed(panels: readonly Panel[]): readonly (readonly [Panel, Place])[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map((panel) => {
    if (x + panel.width > WIDTH) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const place = { x, y, w: panel.width, h: panel.height };
    x += panel.width;
    rowHeight = Math.max(rowHeight, panel.height);
    return [panel, place] as const;
  });
}

function panelJson({ type, title, unit, queries, steps }: Panel, gridPos: Place, id: number): object {
  const instant = type !== "timeseries" && type !== "state-timeline";
  const table = type === "table";
  const names = Object.keys(queries);
  return {
    ...{ id, type, title, gridPos, datasource: DATASOURCE },
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      ...{ refId: letter(index), datasource: DATASOURCE, expr, legendFormat, instant, range: !instant },
      format: table ? "table" : "time_series",
    })),
    fieldConfig: {
      defaults: {
        ...(unit === undefined ? {} : { unit }),
        ...(steps === undefined
          ? {}
          : {
              thresholds: { mode: "absolute", steps: steps.map(([value, color]) => ({ value, color })) },
              color: { mode: "thresholds" },
            }),
      },
      overrides: [],
    },
    ...(table ? { transformations: tableTransformations(names) } : {}),
  };
}

/** Returns the transformations that make one row for each user, with one named column for each query. */
function tableTransformations(names: readonly string[]): readonly object[] {
  const renamed = names.map((name, index) => [`Value #${letter(index)}`, name] as const);
  const single = names.length === 1 ? [["Value", names[0]] as const] : [];
  return [
    { id: "merge", options: {} },
    {
      id: "organize",
      options: { excludeByName: { Time: true }, renameByName: Object.fromEntries([...renamed, ...single]) },
    },
  ];
}

function letter(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}
