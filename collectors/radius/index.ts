export { RadiusCollector, type RadiusOptions } from './radius-collector.ts';
export type { RadiusClient } from './clients.ts';
