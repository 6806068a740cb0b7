export type { Collector, CollectorState, CollectorStatus, Positions, RecordIntake, Surroundings } from './port.ts';
