export { compiledFolder, readCompiled, writeCompiled } from './compiled-files.ts';
export { ReferenceData, type ReferenceEntry } from './reference-data.ts';
export { duplicatePolicy, readPolicy } from './policy.ts';
export { settleAgain, settlePeriod } from './settle-period.ts';
export { payerOf } from './settle-rows.ts';
export { customersAsOf } from './subscriptions.ts';
