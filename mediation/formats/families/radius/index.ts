export { attributeMistake, RadiusSplitter } from './splitter.ts';
export { framesOfText } from './test-text.ts';
