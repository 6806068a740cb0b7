/** Builds the metrics of metric-definitions.ts, typed by name: a wrong label is a compile error. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition, type MetricName } from './metric-definitions.ts';

type Label<N extends MetricName> = (typeof METRICS)[N]['labels'][number];

interface Kinds<L extends string> {
  counter: Counter<L>;
  gauge: Gauge<L>;
  histogram: Histogram<L>;
}

export type Metrics = { readonly [N in MetricName]: Kinds<Label<N>>[(typeof METRICS)[N]['kind']] };

export interface MetricsSet {
  registry: Registry;
  metrics: Metrics;
}

/** `processMetrics`: also CPU, memory and event loop of this process, which keeps observers open. */
export function createMetrics(options: { processMetrics?: boolean } = {}): MetricsSet {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const built = Object.entries(METRICS).map(([name, definition]) => [name, build(name, definition, registry)]);
  return { registry, metrics: Object.fromEntries(built) as Metrics };
}

function build(
  name: string,
  definition: MetricDefinition,
  registry: Registry,
): Kinds<string>[MetricDefinition['kind']] {
  const common = { name, help: definition.help, labelNames: [...definition.labels], registers: [registry] };
  switch (definition.kind) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(definition.buckets ?? [])] });
  }
}
