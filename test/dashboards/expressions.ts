/** Which metrics and labels a PromQL expression names. Enough for our own ones; Prometheus itself parses them elsewhere. */
import { createMetrics, METRICS, type MetricDefinition } from '../../server/http/index.ts';

/** Every series that a scrape of Tollgrid brings: name → labels. `up` is Prometheus' own. */
export function knownSeries(): Map<string, readonly string[]> {
  const known = new Map<string, readonly string[]>([['up', []]]);
  const { registry } = createMetrics({ processMetrics: true });
  for (const { name } of registry.getMetricsAsArray()) known.set(name, []);
  for (const [name, { kind, labels }] of Object.entries<MetricDefinition>(METRICS)) {
    known.set(name, labels);
    if (kind !== 'histogram') continue;
    known.set(`${name}_bucket`, [...labels, 'le']);
    known.set(`${name}_count`, labels);
  }
  return known;
}

const TARGET_LABELS = ['job', 'instance'];

/** Mistakes of an expression: names nobody exposes, labels a metric does not have. */
export function unknownNames(expr: string, known: ReadonlyMap<string, readonly string[]>): string[] {
  const mistakes: string[] = [];
  const labels = new Set(TARGET_LABELS);
  for (const [, name, matchers = ''] of expr.matchAll(/\b((?:tollgrid|process|nodejs)_\w+|up)\b(?:\{([^}]*)\})?/g)) {
    const own = known.get(name);
    if (own === undefined) mistakes.push(name);
    for (const label of own ?? []) labels.add(label);
    for (const [, label] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
      if (!TARGET_LABELS.includes(label) && own?.includes(label) === false) mistakes.push(`${name}{${label}}`);
    }
  }
  for (const [, list] of expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)) {
    mistakes.push(
      ...list
        .split(',')
        .map((label) => label.trim())
        .filter((label) => !labels.has(label)),
    );
  }
  return mistakes;
}
