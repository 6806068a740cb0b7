/** Reference data as it stood at an entry: what an explanation must see. Made from the log, the last few are kept. */
import type { LogReader } from '../../platform/log/index.ts';
import { ReferenceData } from '../rater/index.ts';
import type { LogState } from './log-state.ts';

const KEPT = 4;

export class ReferenceHistory {
  private readonly reader: LogReader;
  private readonly state: LogState;
  private readonly kept = new Map<number, Promise<ReferenceData>>();

  constructor(reader: LogReader, state: LogState) {
    this.reader = reader;
    this.state = state;
  }

  /** As of the last reference entry up to `registryNo`. */
  asOf(registryNo: number): Promise<ReferenceData> {
    let made = this.kept.get(registryNo);
    if (made === undefined) {
      made = this.make(registryNo);
      this.kept.set(registryNo, made);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    }
    return made;
  }

  private async make(registryNo: number): Promise<ReferenceData> {
    const reference = new ReferenceData();
    for (const entryNo of this.state.referenceEntries) {
      if (entryNo > registryNo) break;
      const entry = await this.reader.entry(entryNo);
      reference.apply({ entryNo, type: entry.type, head: entry.head, body: await entry.body() });
    }
    return reference;
  }
}
