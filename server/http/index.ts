export { createServer, openapiDocument } from './create-server.ts';
export { decodeCursor, encodeCursor } from './cursor.ts';
export { METRICS, type MetricDefinition, type MetricName } from './metric-definitions.ts';
export { createMetrics, type Metrics, type MetricsSet } from './metrics.ts';
export { DEFAULT_HTTP_CONFIG, type HttpConfig, type ServerOptions } from './options.ts';
export { DEFAULT_SOURCE } from './routes/usage.ts';
export type * from './services.ts';
