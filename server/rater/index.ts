export { ReferenceData, type ReferenceEntry } from './reference-data.ts';
export { duplicatePolicy, readPolicy } from './policy.ts';
export { settleAgain } from './settle-period.ts';
export { subscriptionsAsOf } from './subscriptions.ts';
