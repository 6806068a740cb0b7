export { startFront } from './front/front.ts';
export type { Front, FrontOptions } from './front/front-types.ts';
export type { FrontServices } from './http/index.ts';
export * from './copy/index.ts';
export { version } from './front/version.ts';
export { dumpShards, IdentityFiles, loadShards, newState } from './rater/index.ts';
