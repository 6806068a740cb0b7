export { binaryEvent, isBinaryMode } from './binary-event.ts';
export { envelopeProblem } from './envelope.ts';
export { DEFAULT_EVENT_LIMITS, splitArray, splitLines, type EventLimits } from './split-events.ts';
export { readUsageBody, USAGE_MEDIA_TYPES, type UsageBody, type UsageMediaType } from './usage-body.ts';
