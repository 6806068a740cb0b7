export { ClosedFiles } from './closed-files.ts';
export { GrowingFiles } from './growing-files.ts';
export type { FileIntake, FileSource, GrowingFile } from './port.ts';
