/** An intake that keeps positions beside what it takes, as the log does. */
import type { Positions } from '../../../collectors/port.ts';
import { FakeRecords } from '../support.ts';

export class Intake extends FakeRecords {
  known: Record<string, number> = {};

  override async takeWhenRoom(records: readonly Uint8Array[], next: Positions = {}): Promise<void> {
    await super.takeWhenRoom(records);
    this.known = { ...this.known, ...next };
  }

  positions(): Positions {
    return this.known;
  }
}
