/** Copies of charges for other systems: at least once, in the order of the log, never in the way of anything else. */
export { eventOf } from './event.ts';
export { Feed, type FeedSurroundings } from './feed.ts';
export { KafkaTarget, type KafkaTargetOptions } from './kafka/kafka-target.ts';
export { PositionFile } from './position.ts';
export type { OutputEvent, OutputStatus, Page, Pages, Position, PostedKey, Target } from './port.ts';
