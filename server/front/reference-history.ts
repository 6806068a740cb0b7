/** Reference data as it stood at an entry: what an explanation must see. Made from the log, the last few are kept. */
import type { LogReader } from '../../platform/log/index.ts';
import { ExtractLost, ReferenceData, referenceOfLog, type ReferenceEntry } from '../rater/index.ts';
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
    for await (const entry of this.entries(registryNo)) reference.apply(entry);
    return reference;
  }

  /** Reference entries up to `upTo`, as far as they still matter then. */
  async *entries(upTo: number): AsyncGenerator<ReferenceEntry> {
    const { trail } = this.state;
    // Where an extract is too new the whole run of changes is read.
    if (trail.extractedNo > 0 && trail.extractedNo <= upTo) {
      try {
        yield* trail.entries(this.reader, upTo);
        return;
      } catch (error) {
        // Nothing was given of it: a newer one took its place just now.
        if (!(error instanceof ExtractLost)) throw error;
      }
    }
    yield* this.every(upTo);
  }

  /** As the log has them, one by one, without an extract of later: what is checked must not be checked against itself. */
  async *every(upTo: number): AsyncGenerator<ReferenceEntry> {
    for await (const entry of referenceOfLog(this.reader, this.state.referenceEntries, upTo)) {
      yield { ...entry, body: await entry.body() };
    }
  }
}
