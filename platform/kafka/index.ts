/** The Kafka client, compiled on demand, and how brokers are reached. Main threads only: a worker cannot load it. */
export { addonFolder, isAddonBuilt, loadKafka, wantedStamp, type Kafka } from './addon.ts';
export { answer, clientError } from './answer.ts';
export { buildAddon } from './build-addon.ts';
export { connectionConfig, type KafkaConnection } from './connection.ts';
export { OrderReader, type OrderMessage } from './order-reader.ts';
export { OrderWriter } from './order-writer.ts';
export { ordersOf, prepareTopics, type TopicWish } from './topics.ts';
