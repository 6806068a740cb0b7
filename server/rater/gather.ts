/** Gathers what consecutive entries produced into one write: one INSERT per table and month. */
import { mergeBlocks, type LedgerBlock } from '../../ledger/index.ts';

export interface GatheredWrite {
  fromEntry: number;
  toEntry: number;
  blocks: LedgerBlock[];
}

export class Gather {
  private blocks: LedgerBlock[] = [];
  private fromEntry: number;
  private toEntry: number;
  rows = 0;

  /** `afterEntry`: everything up to it has been written or needs no writing. */
  constructor(afterEntry: number) {
    this.fromEntry = afterEntry + 1;
    this.toEntry = afterEntry;
  }

  get lastEntry(): number {
    return this.toEntry;
  }

  get empty(): boolean {
    return this.toEntry < this.fromEntry;
  }

  add(entryNo: number, blocks: readonly LedgerBlock[]): void {
    if (entryNo !== this.toEntry + 1) throw new Error(`entry ${entryNo} gathered after ${this.toEntry}`);
    this.toEntry = entryNo;
    this.blocks.push(...blocks);
    for (const block of blocks) this.rows += block.rows;
  }

  /** Hands over what was gathered and starts anew behind it. */
  take(): GatheredWrite {
    const write = { fromEntry: this.fromEntry, toEntry: this.toEntry, blocks: mergeBlocks(this.blocks) };
    this.blocks = [];
    this.fromEntry = this.toEntry + 1;
    this.rows = 0;
    return write;
  }
}
