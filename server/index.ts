export { startFront, type Front, type FrontOptions } from './front/front.ts';
export type { FrontServices } from './http/index.ts';
export { dumpShards, IdentityFiles, loadShards } from './rater/index.ts';
