export { registerDifference } from './register-chain.ts';
export type { RegisterReading, Series } from './register-chain.ts';
export { RegisterBook } from './register-book.ts';
export type { Accepted, MeterFacts, Rework } from './register-book.ts';
