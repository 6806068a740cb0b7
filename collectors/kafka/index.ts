export { isAddonBuilt, loadKafka, type Kafka } from './addon.ts';
export { buildAddon } from './build-addon.ts';
export { connectionConfig, type KafkaConnection } from './connection.ts';
export { KafkaCollector, type KafkaOptions } from './kafka-collector.ts';
export { asLines, asMessages, asProtobuf, type RecordsOf } from './values.ts';
