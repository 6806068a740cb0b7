export { MqttCollector, type MqttOptions } from './mqtt-collector.ts';
export type { BrokerOptions } from './broker-link.ts';
