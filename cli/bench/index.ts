export { benchDuplicates } from './duplicates.ts';
export { benchPipeline } from './pipeline.ts';
export { benchPublish } from './publish.ts';
export { benchRating } from './rating.ts';
export { benchSafety } from './safety.ts';
