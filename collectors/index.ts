export type { Collector, CollectorState, CollectorStatus, Lag, Positions, RecordIntake, Surroundings } from './port.ts';
