/** Guiding: from a decoded record to the side that is charged, at the record's time, in one or more views. */
export { checkGuiding, prepareGuiding } from './document.ts';
export { compileGuiding, type GuidingPlan } from './plan.ts';
export { guide } from './guide.ts';
export { explainGuiding } from './explain.ts';
