/** Processes killed in the middle of their work: afterwards the ledger is what it would be without that. */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateCalls } from '../../../cli/generate/index.ts';
import type { Status } from '../../../schemas/api/operation.ts';
import { connect, findFront } from '../../../cli/client.ts';
import { apiOf, ended, killGroup, runTollgrid } from './command-line.ts';
import { System, writeConfig, type SystemOptions } from './system.ts';

const PARTS = 3;
const CALLS = 180_000;
const CALL_MS = 240_000;

let folder: string;
let options: SystemOptions;
let parts: { name: string; bytes: Buffer }[];
let garbage: number;
let system: System;
let undisturbed: { charges: number; hash: string; totals: Record<string, number> };

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-calls-'));
  const made = await generateCalls({
    seed: 7,
    records: CALLS,
    outFile: path.join(folder, 'Master.csv'),
    accounts: 1000,
    prefixes: 2000,
    zones: 50,
    days: 40,
    unansweredPercent: 5,
    garbagePercent: 1,
  });
  garbage = made.garbage;
  parts = inParts(fs.readFileSync(made.files[0]!), PARTS).map((bytes, i) => ({ name: `calls-${i}.csv`, bytes }));
  options = {
    sliceBytesMax: 512 * 1024,
    writeRowsMax: 10_000,
    definitions: { tariffs: [made.tariffDir], guiding: made.guidingFile, registry: [made.registryFile] },
  };
  system = await System.start(options);
  for (const { name, bytes } of parts) await system.feed('exchange', name, 'asterisk-csv', bytes);
  undisturbed = await outcomeOf(system);
}, CALL_MS);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('a large file with 1 % of garbage', () => {
  afterAll(() => system.remove());

  it('is rated but for the garbage, which waits with codes and bytes', async () => {
    const { totals, charges } = undisturbed;
    expect(garbage).toBeGreaterThan(CALLS / 200);
    // The same bytes n times in one file and m times in another are known as max(n, m) records.
    const different = new Map<string, number>();
    for (const part of parts) {
      for (const [line, count] of countBy(linesOf(part.bytes).filter((line) => !isCall(line))))
        different.set(line, Math.max(count, different.get(line) ?? 0));
    }
    const suspended = [...different.values()].reduce((sum, count) => sum + count, 0);
    expect(totals).toEqual({
      received: CALLS,
      rated: charges,
      filtered: CALLS - garbage - charges,
      suspended,
      duplicate: garbage - suspended,
    });
    const { items } = await system.services.suspense({ limit: 1000 });
    const codes = new Set(items.map(({ code }) => code));
    expect([...codes].sort()).toEqual(['DECODE_COLUMNS', 'DECODE_DATE', 'DECODE_NUMBER', 'DECODE_QUOTE']);
    for (const code of codes) {
      const { address, byteOffset } = items.find((item) => item.code === code && item.source === 'exchange')!;
      const bytes = Buffer.from((await system.services.suspenseBytes(address))!);
      const inFile = parts.some((part) => part.bytes.subarray(byteOffset, byteOffset + bytes.length).equals(bytes));
      expect([code, inFile]).toEqual([code, true]);
    }
  });

  it(
    'is nothing but duplicates under another name, as a whole and record by record',
    async () => {
      const [whole, lines] = [parts[0]!.bytes, linesOf(parts[1]!.bytes)];
      const wholeCount = linesOf(whole).length;
      await system.feed('exchange', 'again.csv', 'asterisk-csv', whole);
      await system.feed('exchange', 'reversed.csv', 'asterisk-csv', Buffer.from(lines.reverse().join('\n'), 'latin1'));
      const unanswered = lines.filter((line) => line.includes('"NO ANSWER"')).length;
      const { totals } = undisturbed;
      expect(await outcomeOf(system)).toEqual({
        ...undisturbed,
        totals: {
          ...totals,
          received: totals['received']! + wholeCount + lines.length,
          duplicate: totals['duplicate']! + wholeCount + lines.length - unanswered,
          filtered: totals['filtered']! + unanswered,
        },
      });
      expect((await system.audit()).closes).toBe(true);
    },
    CALL_MS,
  );
});

describe('a kill -9', () => {
  it(
    'of the rater, of the engine or of both in the middle of a file loses nothing and doubles nothing',
    async () => {
      const system = await System.start(options);
      try {
        const kills = [['rater'], ['engine'], ['engine', 'rater']];
        for (const [i, { name, bytes }] of parts.entries()) {
          await system.processed();
          const from = system.services.status().processedEntry;
          const slices = Math.floor(bytes.length / options.sliceBytesMax!);
          const fed = system.feed('exchange', name, 'asterisk-csv', bytes);
          await until(() => system.services.status().processedEntry >= from + slices / 3);
          expect(system.services.status().logHead).toBeLessThan(from + slices);
          system.kill(...kills[i]!);
          await fed;
        }
        const { closes, total } = await system.audit();
        expect(closes).toBe(true);
        expect(await counted(system, 'tollgrid_records_total')).toBe(total.received);
        expect(await outcomeOf(system)).toEqual(undisturbed);
        expect((await system.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
        const restarts = system.services.status().children.map((child) => child.restarts);
        expect(Math.min(...restarts)).toBeGreaterThan(1);
      } finally {
        await system.remove();
      }
    },
    CALL_MS,
  );
});

describe('a kill -9 of the front', () => {
  it(
    'and of everything with it, or of the front alone, is made good by the next start',
    async () => {
      const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-kill-'));
      const inbox = path.join(home, 'inbox');
      const [bytes] = inParts(parts[0]!.bytes, 3);
      fs.mkdirSync(inbox);
      fs.writeFileSync(path.join(inbox, 'calls.csv'), bytes!);
      const settings: SystemOptions = {
        ...options,
        sliceBytesMax: 128 * 1024,
        sources: [{ name: 'exchange', format: 'asterisk-csv', directory: inbox, pollMs: 50 }],
      };
      const config = writeConfig(home, settings);
      const slices = Math.floor(bytes!.length / settings.sliceBytesMax!);
      const dataDir = path.join(home, 'data');
      const started = async (share: number): Promise<ChildProcess> => {
        const child = runTollgrid('start', '--config', config);
        const api = await apiOf(child, dataDir);
        await until(async () => (await api.get<Status>('/v1/status')).processedEntry >= slices * share);
        return child;
      };

      const first = await started(0.4);
      const gone = ended(first);
      killGroup(first);
      expect((await gone).signal).toBe('SIGKILL');
      const second = await started(0.7);
      const alone = new Promise((resolve) => second.once('exit', resolve));
      // Engine and rater learn by themselves that the front is gone; the next start comes before the engine has ended.
      const { children } = await connect(findFront(dataDir)!.url, findFront(dataDir)!.token).get<Status>('/v1/status');
      const engine = children.find(({ role }) => role === 'engine')!.pid!;
      process.kill(engine, 'SIGSTOP');
      second.kill('SIGKILL');
      await alone;
      setTimeout(() => process.kill(engine, 'SIGCONT'), 2500);
      const system = await System.start({ ...settings, folder: home });
      try {
        await system.front.sourcesTaken();
        await system.processed();
        const audit = await system.audit();
        expect(audit.closes).toBe(true);
        const lines = linesOf(bytes!);
        expect(audit.total.received).toBe(lines.length);
        expect(audit.total.duplicate).toBe(0);
        const after = await outcomeOf(system);
        expect(after.charges).toBe(lines.filter((line) => isCall(line) && line.includes(',"ANSWERED",')).length);
        await system.services.rebuild({ threads: 2 });
        expect(await outcomeOf(system)).toEqual(after);
      } finally {
        await system.remove();
      }
    },
    CALL_MS,
  );
});

async function outcomeOf(system: System): Promise<typeof undisturbed> {
  const lines = await system.front.outcome();
  return {
    charges: lines.reduce((sum, { records }) => sum + records, 0),
    hash: await system.exportHash(),
    totals: await system.totals(),
  };
}

/** The sum of a metric over all labels. */
async function counted(system: System, metric: string): Promise<number> {
  const text = await (await fetch(`${system.front.url}/metrics`)).text();
  const series = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').trimEnd().split('\n');

/** Not what the generator makes as garbage: half a call, impossible times, words for numbers, noise. */
const isCall = (line: string): boolean =>
  /,"(ANSWERED|NO ANSWER)","DOCUMENTATION"$/.test(line) && !/2026-13-32|sixty/.test(line);

function countBy(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Cuts behind line ends. */
function inParts(bytes: Buffer, count: number): Buffer[] {
  const ends = Array.from({ length: count }, (_, i) =>
    i === count - 1 ? bytes.length : bytes.indexOf(10, Math.floor((bytes.length * (i + 1)) / count)) + 1,
  );
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1]!, end));
}
