/** Devices that send usage as real ones do: for the demonstration, for tests and for load tests. */
export { FileClient } from './clients/file-client.ts';
export { LineClient } from './clients/line-client.ts';
export { MeterMqttClient } from './clients/mqtt-client.ts';
export type { DeviceClient } from './clients/port.ts';
export { PushClient, type PushTarget } from './clients/push-client.ts';
export { RadiusClient, type RadiusTarget } from './clients/radius-client.ts';
export {
  EVENT_KINDS,
  type Call,
  type Delivery,
  type DeviceEvent,
  type EventKind,
  type SessionPacket,
} from './events.ts';
export { NO_FAULTS, parseFaults, type Faults } from './faults.ts';
export { plan, runName, type PlanOptions } from './plan.ts';
export { run, type Clients, type RunOptions, type Running } from './run.ts';
export { limitSubjects, subjectsOf, type Subjects } from './subjects.ts';
export type { KindCounts, ServiceTotals, Summary } from './tally.ts';
