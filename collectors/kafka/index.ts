export { KafkaCollector, type KafkaOptions } from './kafka-collector.ts';
export { asLines, asMessages, asProtobuf, type RecordsOf } from './values.ts';
