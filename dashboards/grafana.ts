/** Grafana's JSON of the board: stable ids and places, so that a change of one panel is a change of one place. */
import type { Panel, Query, Row } from './panel.ts';

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const COLUMNS = 24;
const HEIGHT = { stat: 4, lines: 8, stack: 8 } as const;
const CHOICE = 'job=~"$job",instance=~"$instance"';

/** The board's choice of job and instance stands in every selector. */
export function withChoice(expr: string): string {
  return expr.replace(/([a-z_]+)\{([^}]*)\}/g, (_, name: string, labels: string) =>
    labels === '' ? `${name}{${CHOICE}}` : `${name}{${CHOICE},${labels}}`,
  );
}

export function grafanaBoard(rows: readonly Row[]): object {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y++;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const w = panel.width ?? (panel.kind === 'stat' ? 4 : 8);
      if (x + w > COLUMNS) {
        y += height;
        [x, height] = [0, 0];
      }
      const h = panel.width === undefined ? HEIGHT[panel.kind ?? 'lines'] : 8;
      panels.push({ id: panels.length + 1, ...grafanaPanel(panel), gridPos: { x, y, w, h } });
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return {
    uid: 'tollgrid',
    title: 'Tollgrid',
    description: 'From collectors to the ledger. Made of dashboards/board.ts; changes made in Grafana are lost.',
    tags: ['tollgrid'],
    schemaVersion: 39,
    editable: false,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        choice('job', 'label_values(tollgrid_log_head, job)'),
        choice('instance', 'label_values(tollgrid_log_head{job=~"$job"}, instance)'),
      ],
    },
    panels,
  };
}

function choice(name: string, definition: string): object {
  return {
    name,
    label: name,
    type: 'query',
    datasource: DATASOURCE,
    definition,
    query: { query: definition, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.+',
    current: { text: 'All', value: '$__all' },
  };
}

function grafanaPanel({ title, description, unit = 'short', kind = 'lines', queries, emptyWhile, red }: Panel): object {
  const stat = kind === 'stat';
  return {
    type: stat ? 'stat' : 'timeseries',
    title,
    description: emptyWhile === undefined ? description : `${description} Empty while ${emptyWhile}.`,
    datasource: DATASOURCE,
    targets: queries.map((query, index) => target(query, String.fromCharCode(65 + index), stat)),
    fieldConfig: {
      defaults: {
        unit,
        ...(emptyWhile !== undefined && { noValue: 'none' }),
        color: stat ? { mode: 'thresholds' } : { mode: 'palette-classic' },
        thresholds: { mode: 'absolute', steps: steps(red) },
        ...(!stat && {
          custom: {
            fillOpacity: kind === 'stack' ? 40 : 0,
            stacking: { mode: kind === 'stack' ? 'normal' : 'none', group: 'A' },
            showPoints: 'never',
            axisSoftMin: 0,
          },
        }),
      },
      overrides: [],
    },
    options: stat
      ? {
          reduceOptions: { calcs: ['lastNotNull'] },
          colorMode: red === undefined ? 'none' : 'value',
          graphMode: 'none',
        }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  };
}

function target({ expr, legend }: Query, refId: string, instant: boolean): object {
  return {
    refId,
    datasource: DATASOURCE,
    editorMode: 'code',
    expr: withChoice(expr),
    legendFormat: legend,
    range: !instant,
    instant,
  };
}

function steps(red: Panel['red']): object[] {
  if (red === undefined) return [{ color: 'green', value: null }];
  return 'from' in red
    ? [
        { color: 'green', value: null },
        { color: 'red', value: red.from },
      ]
    : [
        { color: 'red', value: null },
        { color: 'green', value: red.below },
      ];
}
