export { benchPipeline } from './pipeline.ts';
export { benchPublish } from './publish.ts';
export { benchRating } from './rating.ts';
