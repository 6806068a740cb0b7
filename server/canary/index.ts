export type { CanaryJob, CanaryProgress, CanaryToFront, FrontToCanary } from './job.ts';
