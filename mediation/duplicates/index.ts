export { Duplicates, MonthTagger, SHARD_COUNT, Sight, shardOf } from './duplicates.ts';
export type { SightNo } from './duplicates.ts';
export { IdentityFilter } from './identity-filter.ts';
export { IDENTITY_WORDS, shardOfTag, spread, TABLE_COUNT } from './older-identities.ts';
export type { KeptIdentity, OlderIdentities } from './older-identities.ts';
