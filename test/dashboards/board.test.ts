/** The board and the alerts as files: what can be held without a Prometheus. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROWS } from '../../dashboards/board.ts';
import { withChoice } from '../../dashboards/grafana.ts';
import { projectRoot } from '../../platform/paths.ts';
import { ERRORS } from '../../schemas/errors.ts';
import { METRICS, type MetricDefinition } from '../../server/http/index.ts';
import { knownSeries, unknownNames } from './expressions.ts';

interface GrafanaPanel {
  id: number;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string }[];
}

interface Alert {
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const text = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const board = JSON.parse(text('dashboards/tollgrid.json')) as { uid: string; panels: GrafanaPanel[] };
const panels = ROWS.flatMap((row) => row.panels);
const alerts = (parse(text('dashboards/alerts.yaml')) as { groups: { rules: Alert[] }[] }).groups.flatMap(
  ({ rules }) => rules,
);
const known = knownSeries();

/** Pages and folders that a text names. */
const pagesIn = (said: string): string[] => said.match(/docs\/[\w/-]+\.md/g) ?? [];

describe('the board', () => {
  it('has a title, a description and queries with a name on each panel', () => {
    for (const { title, description, queries } of panels) {
      expect(title, description).toMatch(/^[A-Z]/);
      expect(description, title).toMatch(/\.$/);
      expect(queries.length, title).toBeGreaterThan(0);
      for (const { legend } of queries) expect(legend, title).not.toBe('');
      for (const page of pagesIn(description)) expect(existsSync(path.join(projectRoot, page)), page).toBe(true);
    }
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('shows metrics that Tollgrid has, with labels that they have', () => {
    for (const { title, queries } of panels) {
      for (const { expr } of queries) expect(unknownNames(expr, known), title).toEqual([]);
    }
    expect(unknownNames('sum by (place) (tollgrid_log_head{kind="x"} + tollgrid_none{})', known)).toEqual([
      'tollgrid_log_head{kind}',
      'tollgrid_none',
      'place',
    ]);
  });

  it('keeps to the chosen jobs and instances in each selector, and takes counters by their growth alone', () => {
    for (const { queries } of panels) {
      for (const { expr } of queries) {
        const selectors = withChoice(expr).match(/\{[^}]*\}/g)!;
        expect(selectors.every((one) => one.startsWith('{job=~"$job",instance=~"$instance"'))).toBe(true);
        expect(selectors).toHaveLength(expr.match(/\b(?:tollgrid|process|nodejs)_\w+|\bup\b/g)!.length);
        for (const [, before, name] of expr.matchAll(/(\w*\()?((?:tollgrid|process)_\w+_total)\{/g)) {
          expect(`${before} ${name}`).toMatch(/^(rate|increase)\( /);
        }
      }
    }
  });

  it('says of every metric that can tell of a loss', () => {
    const shown = panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)).join('\n');
    const silent = Object.keys(METRICS).filter((name) => !shown.includes(name));
    // Details of what the board shows otherwise: each is worth a look only when something else is wrong.
    const details =
      /_(audit_difference|identit(ies|y_files|y_filter_bits)|sessions_open|tariffs|start_notices|stored_(steps|round_seconds)|output_up|copy_(up|entry|lag_entries)|copied_bytes_total|backup_entry|archive_pass_timestamp_seconds|archived_bytes_total|removed_segments_total|settlement_failures_total|rerate\w*)$/;
    expect(silent.filter((name) => !details.test(name))).toEqual([]);
  });

  it('lays panels side by side, none on another', () => {
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    const taken = new Set<string>();
    for (const { gridPos } of board.panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          expect(taken.has(`${column}/${line}`)).toBe(false);
          taken.add(`${column}/${line}`);
        }
      }
    }
    expect(board.panels.filter(({ type }) => type !== 'row')).toHaveLength(panels.length);
    expect(board.uid).toBe('tollgrid');
  });
});

describe('alerts', () => {
  it('look at metrics that Tollgrid has, and name what to do', () => {
    expect(alerts.length).toBeGreaterThan(15);
    for (const { alert, expr, labels, annotations } of alerts) {
      expect(alert).toMatch(/^Tollgrid[A-Z]\w+$/);
      expect(unknownNames(expr, known), alert).toEqual([]);
      expect(['warning', 'critical'], alert).toContain(labels.severity);
      expect(Object.keys(annotations), alert).toEqual(['summary', 'description', 'runbook']);
      expect(existsSync(path.join(projectRoot, annotations.runbook)), alert).toBe(true);
      for (const [, label] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) {
        const names = [...expr.matchAll(/tollgrid_\w+/g)].flatMap(([name]) => [...(known.get(name) ?? [])]);
        expect(['instance', ...names], alert).toContain(label);
      }
    }
  });

  it('are each tried with made-up series', () => {
    const tried = text('dashboards/alerts.test.yaml');
    expect(alerts.map(({ alert }) => alert).filter((alert) => !new RegExp(`${alert}["|]`).test(tried))).toEqual([]);
  });

  it('and board name error codes that exist', () => {
    const exprs = [
      ...alerts.map(({ expr }) => expr),
      ...panels.flatMap(({ queries }) => queries.map((one) => one.expr)),
    ];
    const codes = exprs.flatMap((expr) => [...expr.matchAll(/code=~?"([^"]+)"/g)].map(([, pattern]) => pattern));
    expect(codes.length).toBeGreaterThan(2);
    for (const pattern of codes) {
      const whole = new RegExp(`^(?:${pattern})$`);
      const alternatives = pattern.split('|').length;
      expect(
        Object.keys(ERRORS).filter((code) => whole.test(code)),
        pattern,
      ).toHaveLength(alternatives);
    }
    const histograms = Object.entries<MetricDefinition>(METRICS).filter(([, { kind }]) => kind === 'histogram');
    expect(exprs.some((expr) => histograms.some(([name]) => expr.includes(`${name}_bucket`)))).toBe(true);
  });
});
