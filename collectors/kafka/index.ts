export { buildAddon } from './build-addon.ts';
export {
  connectionConfig,
  isAddonBuilt,
  loadKafka,
  type Kafka,
  type KafkaConnection,
} from '../../platform/kafka/index.ts';
export { KafkaCollector, type KafkaOptions } from './kafka-collector.ts';
export { asLines, asMessages, asProtobuf, type RecordsOf } from './values.ts';
