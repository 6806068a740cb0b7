export { benchPipeline } from './pipeline.ts';
export { benchRating } from './rating.ts';
