export { ClosedFiles } from './closed-files.ts';
export { FolderCollector } from './folder-collector.ts';
export { GrowingFiles } from './growing-files.ts';
export type { FileIntake, FileSource, GrowingFile } from './port.ts';
