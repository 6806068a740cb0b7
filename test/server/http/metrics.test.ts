import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import {
  createMetrics,
  decodeCursor,
  encodeCursor,
  METRICS,
  type MetricDefinition,
} from '../../../server/http/index.ts';

const definitions: [string, MetricDefinition][] = Object.entries(METRICS);

describe('metrics', () => {
  it('all stand in the registry under their name, kind and help', async () => {
    const { registry, metrics } = createMetrics();
    expect(registry.getMetricsAsArray().map(({ name }) => name)).toEqual(Object.keys(METRICS));
    metrics.tollgrid_records_total.inc({ source: 'town', disposition: 'rated' }, 3);
    metrics.tollgrid_log_head.set(9);
    const text = await registry.metrics();
    expect(text).toContain('tollgrid_records_total{source="town",disposition="rated"} 3');
    expect(text).toContain('# TYPE tollgrid_log_head gauge\ntollgrid_log_head 9');
  });

  it.each(definitions)('%s follows the naming rules of Prometheus', (name, { kind, help, labels, buckets }) => {
    expect(name).toMatch(/^tollgrid(_[a-z]+)+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
    expect(labels.filter((label) => /account|customer|number|party|subscription/.test(label))).toEqual([]);
    if (kind === 'histogram') expect(buckets).toEqual([...buckets!].sort((a, b) => a - b));
  });
});

describe('cursors', () => {
  const shape = Type.Object({ entry: Type.Integer(), record: Type.Integer() }, { additionalProperties: false });

  it('come back as they were', () => {
    const position = { entry: 7, record: 3 };
    expect(encodeCursor(position)).toMatch(/^[\w-]+$/);
    expect(decodeCursor(shape, encodeCursor(position))).toEqual(position);
  });

  it.each(['', 'x', '{}', encodeCursor({ entry: '7', record: 3 }), encodeCursor(null)])(
    'are refused when they are %j',
    (cursor) => {
      expect(() => decodeCursor(shape, cursor)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
    },
  );
});
