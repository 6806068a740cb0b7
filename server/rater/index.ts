export { ReferenceData, type ReferenceEntry } from './reference-data.ts';
export { IdentityFiles } from './identity-files.ts';
export { dumpShards, loadShards } from './shard-files.ts';
export { duplicatePolicy, readPolicy } from './policy.ts';
export { settleAgain, settlePeriod } from './settle-period.ts';
export { payerOf } from './settle-rows.ts';
export { customersAsOf } from './subscriptions.ts';
