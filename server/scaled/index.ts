/** Roles on a log that they share. */
export { FrontSide } from './front-side.ts';
export { startRater, type RaterNode } from './rater-node.ts';
export { migrateToKafka, type Migrated } from './migrate.ts';
