export { generate } from './command.ts';
export { generateCalls, type GenerateCallsOptions, type GeneratedCalls } from './calls/calls.ts';
export { generateTown, type GeneratedTown, type GenerateTownOptions } from './town/town.ts';
export type { Outcome } from './town/outcome.ts';
export { createRandom, type Random } from '../../platform/random.ts';
