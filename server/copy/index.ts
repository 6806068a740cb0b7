/** Backups, the second copy of a log that is kept up all the time, and restoring from either. */
export { makeBackup, type BackupMade } from './backup.ts';
export { isBackupHold, releaseBackup } from './backup-hold.ts';
export { settledHead } from './settled-head.ts';
export { Follower, type FollowerReport } from './follower.ts';
export { LAST_BACKUP, sideFiles } from './layout.ts';
export { refuseUnfit, restore, type Restored } from './restore.ts';
export { LocalSource, nextRun, readBlob, readSideFile, type CopySource, type SourceAnswer } from './source.ts';
export { listBackups, pruneBackups, verifyCopies, type CopiesReport, type Pruned } from './verify-copies.ts';
