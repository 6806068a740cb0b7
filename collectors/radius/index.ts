export { RadiusCollector, type RadiusOptions } from './radius-collector.ts';
export type { RadiusClient } from './clients.ts';
// For those who play an access server.
export { attribute, Code, makePacket, readPacket, type Packet } from './packet.ts';
export { isResponseTo, signRequest } from './authenticators.ts';
