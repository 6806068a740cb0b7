export { TcpCollector, type TcpOptions } from './tcp-collector.ts';
