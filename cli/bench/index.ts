export { benchPipeline } from './pipeline.ts';
