export { simulate } from './command.ts';
