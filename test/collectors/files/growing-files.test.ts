import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { GrowingFiles } from '../../../collectors/files/index.ts';
import { FakeIntake, Inbox, QUIET_MS } from './fake-intake.ts';

let inbox: Inbox;
let intake: FakeIntake;
let files: GrowingFiles;

const NAME = 'Master.csv';
/** No file is quiet yet. */
const NOW_MS = Date.now();

/** A new process on the same log. */
function restart(pattern = NAME): void {
  files = new GrowingFiles(inbox.source('growing', pattern), intake);
}

beforeEach(() => {
  inbox = new Inbox();
  intake = new FakeIntake();
  restart();
});
afterEach(() => inbox.remove());

describe('growing files', () => {
  it('are taken up to their last whole line', async () => {
    inbox.write(NAME, 'one\ntw');
    expect(await files.poll(NOW_MS)).toBe(1);
    expect(intake.texts).toEqual(['one\n']);
    expect(await files.poll(NOW_MS)).toBe(0);
    inbox.append(NAME, 'o\nthree\nfour');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\ntwo\nthree\n']);
  });

  it('wait for their first whole line', async () => {
    inbox.write(NAME, '');
    await files.poll(NOW_MS);
    inbox.append(NAME, 'half');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual([]);
    inbox.append(NAME, ' and whole\n');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['half and whole\n']);
  });

  it('go on where the log has them after a restart, also in the middle of a long growth', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join('');
    inbox.write(NAME, lines);
    intake.refuseAfter = 2;
    await expect(files.poll(NOW_MS)).rejects.toMatchObject({ code: 'STOPPING' });
    intake.refuseAfter = Infinity;
    restart();
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual([lines]);
  });

  it('are finished under their new name when they are rotated, then the new one is begun', async () => {
    inbox.write(NAME, 'one\n');
    await files.poll(NOW_MS);
    inbox.append(NAME, 'two\n');
    inbox.rename(NAME, `${NAME}.1`);
    inbox.write(NAME, 'three\n');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\ntwo\n', 'three\n']);
    // The writer may still have the old one open.
    inbox.append(`${NAME}.1`, 'late\n');
    inbox.append(NAME, 'four\n');
    restart();
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\ntwo\nlate\n', 'three\nfour\n']);
  });

  it('are not taken a second time when they are rotated to a name that fits the pattern', async () => {
    files = new GrowingFiles(inbox.source('growing', `${NAME}*`), intake);
    inbox.write(NAME, 'one\n');
    await files.poll(NOW_MS);
    inbox.rename(NAME, `${NAME}.1`);
    inbox.write(NAME, 'two\n');
    await files.poll(NOW_MS);
    inbox.rename(`${NAME}.1`, `${NAME}.2`);
    inbox.rename(NAME, `${NAME}.1`);
    inbox.write(NAME, 'three\n');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\n', 'two\n', 'three\n']);
  });

  it('begin anew when they are truncated', async () => {
    inbox.write(NAME, 'one\ntwo\nthree\n');
    await files.poll(NOW_MS);
    fs.truncateSync(inbox.path(NAME), 0);
    await files.poll(NOW_MS);
    inbox.append(NAME, 'four\n');
    await files.poll(NOW_MS);
    // Longer again than it was before: the old one is not mistaken for it.
    inbox.append(NAME, 'five\nsix\nseven\neight\n');
    await files.poll(NOW_MS);
    restart();
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\ntwo\nthree\n', 'four\nfive\nsix\nseven\neight\n']);
  });

  it('are other files when their beginning is, whatever their inode', async () => {
    inbox.write(NAME, 'one\ntwo\n');
    await files.poll(NOW_MS);
    // In place: the same inode with other content, as when an inode is used again.
    fs.writeFileSync(inbox.path(NAME), 'another\nand more of it\n');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\ntwo\n', 'another\nand more of it\n']);
  });

  it('begin the same way twice and are still told apart by being shorter', async () => {
    inbox.write(NAME, 'head\none\ntwo\n');
    await files.poll(NOW_MS);
    inbox.write(NAME, 'head\n');
    await files.poll(NOW_MS);
    inbox.append(NAME, 'three\n');
    await files.poll(NOW_MS);
    inbox.append(NAME, 'four and longer than before\n');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['head\none\ntwo\n', 'head\nthree\nfour and longer than before\n']);
  });

  it('are other files also when they begin with the same header and are longer', async () => {
    const header = `${'column;'.repeat(60)}\n`;
    inbox.write(NAME, `${header}one\n`);
    await files.poll(NOW_MS);
    fs.writeFileSync(inbox.path(NAME), `${header}two\nthree\n`);
    restart();
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual([`${header}one\n`, `${header}two\nthree\n`]);
  });

  it('give their last line without an end after a rotation, when two looks show the same beside the new file', async () => {
    inbox.write(NAME, 'one\ntw');
    await files.poll(NOW_MS);
    inbox.rename(NAME, `${NAME}.1`);
    await files.poll(NOW_MS);
    await files.poll(NOW_MS);
    // Nobody writes to a new file yet: the old one may still be in use.
    expect(intake.texts).toEqual(['one\n']);
    inbox.write(NAME, 'three\n');
    inbox.append(`${NAME}.1`, 'o');
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\n', 'three\n']);
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\ntwo', 'three\n']);
    restart();
    await files.poll(NOW_MS);
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual(['one\ntwo', 'three\n']);
  });

  it('give their last line without an end when they were renamed and left alone for the quiet time', async () => {
    inbox.write(NAME, 'one\ntwo');
    await files.poll(NOW_MS);
    inbox.rename(NAME, 'old');
    await files.poll(Date.now() + QUIET_MS - 5000);
    expect(intake.texts).toEqual(['one\n']);
    await files.poll(Date.now() + QUIET_MS + 5000);
    expect(intake.texts).toEqual(['one\ntwo']);
  });

  it('keep their last line while they have their name, however long they are left alone', async () => {
    inbox.write(NAME, 'one\ntwo');
    await files.poll(Date.now() + 10 * QUIET_MS);
    await files.poll(Date.now() + 20 * QUIET_MS);
    expect(intake.texts).toEqual(['one\n']);
  });

  it('hand over a record larger than a slice as it is', async () => {
    intake.sliceBytesMax = 16;
    const text = `${'x'.repeat(300)}\nshort\n`;
    inbox.write(NAME, text);
    await files.poll(NOW_MS);
    await files.poll(NOW_MS);
    expect(intake.texts).toEqual([text]);
  });

  it('that cannot be read are told, and do not keep others from being taken', async () => {
    files = new GrowingFiles(inbox.source('growing', '*'), intake);
    inbox.write('a', 'one\n');
    inbox.write('b', 'two\n');
    const { startGrowing } = intake;
    intake.startGrowing = (source, file) =>
      file.name === 'a'
        ? Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', errno: -5 }))
        : startGrowing.call(intake, source, file);
    await expect(files.poll(NOW_MS)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    expect(intake.texts).toEqual(['two\n']);
  });

  it('are taken line by line exactly once, however they are written, rotated and looked at', async () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('append' as const), bytes: fc.integer({ min: 1, max: 40 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('poll' as const, 'restart' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('rotate' as const, 'truncate' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        inbox.remove();
        inbox = new Inbox();
        intake = new FakeIntake();
        intake.sliceBytesMax = 64;
        // A file may be rotated before anybody has looked at it: then only its new name tells that it is wanted.
        const pattern = `${NAME}*`;
        restart(pattern);
        let lineNo = 0;
        let rotations = 0;
        /** What the writer has not written yet of the line it is at. */
        let rest = '';
        let expected = '';
        inbox.write(NAME, '');
        for (const one of actions) {
          if (one.kind === 'append') {
            for (let left = one.bytes; left > 0;) {
              if (rest === '') rest = `line ${lineNo++}\n`;
              const now = rest.slice(0, left);
              inbox.append(NAME, now);
              expected += now;
              rest = rest.slice(now.length);
              left -= now.length;
            }
          } else if (one.kind === 'poll') await files.poll(NOW_MS);
          else if (one.kind === 'restart') restart(pattern);
          else {
            // A writer ends its line before it changes the file; of a truncated one everything was read before.
            inbox.append(NAME, rest);
            expected += rest;
            rest = '';
            if (one.kind === 'rotate') {
              inbox.rename(NAME, `${NAME}.${++rotations}`);
              inbox.write(NAME, '');
            } else {
              await files.poll(NOW_MS);
              fs.truncateSync(inbox.path(NAME), 0);
              await files.poll(NOW_MS);
            }
          }
        }
        inbox.append(NAME, rest);
        expected += rest;
        await files.poll(NOW_MS);
        const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
        expect(lines(intake.texts.join('')).sort()).toEqual(lines(expected).sort());
      }),
      { numRuns: 100 },
    );
  });
});
