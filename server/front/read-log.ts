/** What a start reads of the log before usage can be taken. */
import type { LogReader } from '../../platform/log/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import { ExtractLost, type ReferenceData } from '../rater/index.ts';
import { checkpointFolder, foldLog, forgetCheckpoint, type Folded } from './checkpoint.ts';
import { LogState } from './log-state.ts';

/** The state as of the head; and into `reference` the publications, which tell how usage is read. Customers can follow. */
export async function readLog(
  dataDir: string,
  reader: LogReader,
  headNo: number,
  reference: ReferenceData,
): Promise<Folded> {
  if (headNo === 0) return { state: new LogState(), entriesRead: 0, checkpointNo: 0 };
  const folder = checkpointFolder(dataDir);
  for (;;) {
    const folded = await foldLog(folder, reader, headNo);
    try {
      for await (const entry of folded.state.trail.entries(reader)) {
        if (entry.type === EntryType.publication) reference.apply(entry);
      }
      return folded;
    } catch (error) {
      if (!(error instanceof ExtractLost)) throw error;
      await forgetCheckpoint(folder);
    }
  }
}
