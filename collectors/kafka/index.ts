export { isAddonBuilt } from './addon.ts';
export { buildAddon, DEBIAN_PACKAGES } from './build-addon.ts';
export { KafkaCollector, type KafkaOptions } from './kafka-collector.ts';
export { asLines, asMessages, asProtobuf } from './values.ts';
