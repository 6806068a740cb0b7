/**
 * The numbers that a source gave the records of one file (and the file itself), as they stand in it: which there are,
 * and which came twice with other content. Memory is bounded: what does not fit counts as unreadable.
 */
import type { ExplainedField, SequenceRule } from '../../mediation/formats/index.ts';
import type { FileNumbersHead } from '../../schemas/log-entries.ts';
import { coarser, countIn, gapsIn, joinRuns, type Run } from './number-runs.ts';

const BLOCK = 1024;
/** Over all counts of a file: eight million numbers, about 35 MB. */
const BLOCKS_MAX = 8192;
const COUNTS_MAX = 64;
const RUNS_MAX = 500;
export const REPEATS_SHOWN = 20;

interface Block {
  seen: Uint8Array;
  content: Uint32Array;
}

export interface Repeats {
  total: number;
  /** The first of them. */
  numbers: number[];
}

/** Numbers of one count, each with a digest of what it numbers. */
class NumberTable {
  private readonly blocks = new Map<number, Block>();
  readonly repeats: Repeats = { total: 0, numbers: [] };
  unreadable = 0;

  /** How many blocks it took. */
  add(number: number, content: number, mayGrow: boolean): number {
    const no = Math.floor(number / BLOCK);
    let block = this.blocks.get(no);
    let taken = 0;
    if (block === undefined) {
      if (!mayGrow) {
        this.unreadable++;
        return 0;
      }
      block = { seen: new Uint8Array(BLOCK), content: new Uint32Array(BLOCK) };
      this.blocks.set(no, block);
      taken = 1;
    }
    const at = number - no * BLOCK;
    if (block.seen[at] === 1) {
      if (block.content[at] !== content >>> 0) note(this.repeats, number);
    } else {
      block.seen[at] = 1;
      block.content[at] = content;
    }
    return taken;
  }

  runs(): [number, number][] {
    const runs: [number, number][] = [];
    for (const [no, { seen }] of [...this.blocks].sort(([a], [b]) => a - b)) {
      for (let at = 0; at < BLOCK; at++) {
        if (seen[at] === 0) continue;
        const number = no * BLOCK + at;
        const last = runs.at(-1);
        if (last?.[1] === number - 1) last[1] = number;
        else runs.push([number, number]);
      }
    }
    return runs;
  }

  /** Numbers that the other has with other content. */
  conflictsWith(other: NumberTable): Repeats {
    const found: Repeats = { total: 0, numbers: [] };
    for (const [no, { seen, content }] of this.blocks) {
      const theirs = other.blocks.get(no);
      if (theirs === undefined) continue;
      for (let at = 0; at < BLOCK; at++) {
        if (seen[at] === 1 && theirs.seen[at] === 1 && content[at] !== theirs.content[at]) note(found, no * BLOCK + at);
      }
    }
    return found;
  }
}

function note(repeats: Repeats, number: number): void {
  repeats.total++;
  if (repeats.numbers.length < REPEATS_SHOWN) repeats.numbers.push(number);
}

export class FileNumbers {
  private readonly rule: SequenceRule;
  private readonly tables = new Map<string, NumberTable>();
  private readonly files: number[] = [];
  private blocks = 0;
  /** Values of the header the records stand under. */
  private under = '';
  /** Records without a number, whatever they would count in. */
  private unnumbered = 0;

  constructor(rule: SequenceRule) {
    this.rule = rule;
  }

  header(fields: readonly ExplainedField[]): void {
    const valueOf = (name: string): string => fields.find(({ field }) => field === name)?.value ?? '';
    this.under = this.rule.within.map(valueOf).join(' ');
    const number = Number(this.rule.file === undefined ? NaN : valueOf(this.rule.file) || NaN);
    if (Number.isSafeInteger(number) && number >= 0) this.files.push(number);
  }

  /** `number` is -1 when there is none or it cannot be read. `content` tells equal records from others. */
  record(number: number, startMs: number, content: number): void {
    if (number < 0 || !Number.isSafeInteger(number)) {
      this.unnumbered++;
      return;
    }
    const day = this.rule.dayOf?.(startMs);
    const count = day === undefined ? this.under : `${this.under} ${day}`.trimStart();
    let table = this.tables.get(count);
    if (table === undefined) {
      if (this.tables.size === COUNTS_MAX) {
        this.unnumbered++;
        return;
      }
      this.tables.set(count, (table = new NumberTable()));
    }
    this.blocks += table.add(number, content, this.blocks < BLOCKS_MAX);
  }

  /** As they go into the log. */
  heads(): FileNumbersHead[] {
    const { first, last } = this.rule;
    const range = { ...(first !== undefined && { first }), ...(last !== undefined && { last }) };
    const records = [...this.tables].map(([count, table]): FileNumbersHead => {
      const unreadable = table.unreadable + this.unnumbered;
      const seen = table.runs();
      const missing = countIn(gapsIn(seen));
      // As many unreadable records as missing numbers: those are the ones, and nothing was lost.
      const isExcused = missing > 0 && missing <= unreadable;
      const runs: Run[] = isExcused ? [[seen[0][0], seen.at(-1)![1]]] : seen;
      return {
        of: 'records',
        count,
        ...range,
        runs: coarser(runs, RUNS_MAX),
        unreadable: isExcused ? unreadable - missing : unreadable,
        ...(table.repeats.total > 0 && { repeats: [table.repeats] }),
      };
    });
    const files = joinRuns(
      this.files.map((number): Run => [number, number]),
      [],
    );
    if (files.length === 0) return records;
    return [
      ...records,
      { of: 'files', count: '', ...(last !== undefined && { first, last }), runs: files, unreadable: 0 },
    ];
  }

  /** Numbers of a count that stand with other content in another file. */
  conflictsWith(other: FileNumbers | null, count: string): Repeats {
    const [own, theirs] = [this.tables.get(count), other?.tables.get(count)];
    return own === undefined || theirs === undefined ? { total: 0, numbers: [] } : own.conflictsWith(theirs);
  }
}
