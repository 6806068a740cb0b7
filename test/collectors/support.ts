/** An intake that holds what it is given, and can be made to keep its senders waiting. */
import { TollgridError } from '../../platform/errors.ts';
import type { RecordIntake, Surroundings } from '../../collectors/port.ts';

export class FakeRecords implements RecordIntake {
  readonly taken: string[] = [];
  readonly pieces: string[] = [];
  private gate: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;
  busy = false;
  waiting = 0;

  /** Nothing becomes durable until `release`. */
  hold(): void {
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  release(): void {
    this.open();
  }

  async take(records: readonly Uint8Array[]): Promise<void> {
    if (this.busy) throw new TollgridError('INTAKE_BUSY', 'busy');
    await this.keep(records, this.taken);
  }

  private async keep(records: readonly Uint8Array[], kept: string[]): Promise<void> {
    const texts = records.map((record) => Buffer.from(record).toString('latin1'));
    this.waiting++;
    await this.gate;
    this.waiting--;
    kept.push(...texts);
  }

  async takeWhenRoom(records: readonly Uint8Array[]): Promise<void> {
    await until(() => !this.busy);
    await this.take(records);
  }

  takePieces(pieces: readonly Uint8Array[]): Promise<void> {
    return this.keep(pieces, this.pieces);
  }
}

export class FakeSurroundings implements Surroundings {
  readonly warnings: string[] = [];

  now(): number {
    return 1000;
  }

  warn(code: string): void {
    this.warnings.push(code);
  }
}

/** Looks until it holds; the test's own limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The port out of `listens on 127.0.0.1:4711`. */
export function portOf(detail: string | null): number {
  return Number(/:(\d+)$/.exec(detail ?? '')![1]);
}
