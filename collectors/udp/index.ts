export { UdpCollector, type UdpOptions } from './udp-collector.ts';
