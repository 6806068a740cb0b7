/** An order: a log that lives in one partition of Kafka, and its copy in segment files and a spool. */
export type { Content } from './envelope.ts';
export { Assembler, ENVELOPE_BYTES_MAX, envelopesOf } from './envelope.ts';
export { fillOrder } from './fill-order.ts';
export { OrderFollower } from './follower.ts';
export { KafkaLog } from './kafka-log.ts';
