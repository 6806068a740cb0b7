export { MessageSplitter, placeMistake } from './splitter.ts';
export { partsOf } from './parts.ts';
export { framesOfMessages } from './test-text.ts';
