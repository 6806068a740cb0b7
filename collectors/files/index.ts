export { ClosedFiles } from './closed-files.ts';
export { FolderCollector } from './folder-collector.ts';
export { GrowingFiles } from './growing-files.ts';
export type { ClosedFileIntake, FileIntake, FileSource, GrowingFile, KnownFile, SourceOfFiles } from './port.ts';
