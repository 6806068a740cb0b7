export type { Collector, CollectorState, CollectorStatus, RecordIntake, Surroundings } from './port.ts';
