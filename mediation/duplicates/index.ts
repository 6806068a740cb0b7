export { Duplicates, MonthTagger, SHARD_COUNT, Sight, shardOf } from './duplicates.ts';
export type { SightNo } from './duplicates.ts';
