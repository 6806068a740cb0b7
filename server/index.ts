export { startFront } from './front/front.ts';
export { ROLES, type Front, type FrontOptions, type Role } from './front/front-types.ts';
export { migrateToKafka, startRater, type Migrated } from './scaled/index.ts';
export type { FrontServices } from './http/index.ts';
export * from './copy/index.ts';
export { version } from './front/version.ts';
export { dumpShards, IdentityFiles, loadShards, newState } from './rater/index.ts';
