import { describe, it, expect } from 'vitest';
import type { Io } from '../../cli/io.ts';
import { startProgress } from '../../cli/progress.ts';

describe('progress without a terminal', () => {
  it('is a plain line every few seconds', () => {
    const notes: string[] = [];
    const io: Io = { out: () => {}, note: (line) => notes.push(line), interactive: false };
    let nowMs = 0;
    const progress = startProgress(io, 'records', () => nowMs);
    progress.update(1, 2000);
    nowMs = 4999;
    progress.update(500, 2000);
    nowMs = 5000;
    progress.update(1000, 2000);
    nowMs = 5001;
    progress.update(1001, 2000);
    progress.end();
    expect(notes).toEqual(['records: 1 000 of 2 000']);
  });
});
