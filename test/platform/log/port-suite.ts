/** What every log does for those who append, whatever it is made of. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LogReader, type LogPort, type Pins } from '../../../platform/log/index.ts';

export interface LogUnderTest {
  log: LogPort;
  /** Where its entries can be read: segment files. */
  dir: string;
}

export interface LogKind {
  /** Opens the log of that name, with its files in the folder; made when missing. */
  open(folder: string, name: string): Promise<LogUnderTest>;
  limitMs?: number;
}

const pinsOf = (no: number): Pins => ({ acceptedAtMs: 1_700_000_000_000 + no, registryNo: no >> 1, semanticsNo: 6 });
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Read {
  entryNo: number;
  type: number;
  head: unknown;
  pins: Pins;
  body: string;
}

async function readBack(dir: string, upTo: number): Promise<Read[]> {
  const reader = new LogReader(dir);
  const entries: Read[] = [];
  for await (const entry of reader.readFrom(1, upTo)) {
    const { entryNo, type, head, acceptedAtMs, registryNo, semanticsNo } = entry;
    const pins = { acceptedAtMs, registryNo, semanticsNo };
    entries.push({ entryNo, type, head, pins, body: sha256(await entry.body()) });
  }
  await reader.close();
  return entries;
}

let logs = 0;

export function logSuite({ open, limitMs = 30_000 }: LogKind): void {
  let folder: string;
  let name: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-log-'));
    name = `log-${process.pid}-${++logs}`;
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const wanted = (entryNo: number, body: Uint8Array): Read => ({
    ...{ entryNo, type: 1 + (entryNo % 5), head: { no: entryNo, text: 'Київ', list: [1, 2.5] } },
    ...{ pins: pinsOf(entryNo), body: sha256(body) },
  });
  const append = (log: LogPort, body?: Uint8Array) => {
    const no = log.nextNo;
    return log.append(1 + (no % 5), { no, text: 'Київ', list: [1, 2.5] }, body, pinsOf(no));
  };
  const empty = new Uint8Array(0);

  it(
    'keeps entries in the order of the calls, each with its number and pins',
    async () => {
      const opened = await open(folder, name);
      const { log, dir } = opened;
      expect([log.headNo, log.nextNo]).toEqual([0, 1]);
      const bodies = Array.from({ length: 40 }, (_, i) => Buffer.alloc(i * 10, i));
      const numbers = await Promise.all(bodies.map(async (body) => (await append(log, body)).entryNo));
      expect(numbers).toEqual(bodies.map((_, i) => i + 1));
      expect([log.headNo, log.nextNo, log.waitingBytes]).toEqual([40, 41, 0]);
      expect(await readBack(dir, 40)).toEqual(bodies.map((body, i) => wanted(i + 1, body)));
      await log.close();
      await expect(append(log)).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    },
    limitMs,
  );

  it(
    'says where each entry stands',
    async () => {
      const { log, dir } = await open(folder, name);
      const appended = await Promise.all([append(log), append(log, Buffer.from('second'))]);
      const reader = new LogReader(dir);
      for (const { entryNo, position } of appended) expect((await reader.entry(entryNo)).position).toEqual(position);
      await reader.close();
      await log.close();
    },
    limitMs,
  );

  it(
    'takes bodies of 900 kB and far above, whole',
    async () => {
      const { log, dir } = await open(folder, name);
      const bodies = [900_000, 900_001, 5_000_000, 0, 1].map((length) => Buffer.alloc(length, length % 251));
      for (const body of bodies) await append(log, body);
      expect(await readBack(dir, bodies.length)).toEqual(bodies.map((body, i) => wanted(i + 1, body)));
      await log.close();
    },
    limitMs,
  );

  it(
    'has everything that it acknowledged after a kill, and goes on behind it',
    async () => {
      const first = await open(folder, name);
      for (let i = 0; i < 5; i++) await append(first.log);
      // Never closed before the next one is opened, as after kill -9.
      const { log, dir } = await open(folder, name);
      expect(log.headNo).toBeGreaterThanOrEqual(5);
      const { entryNo } = await append(log, Buffer.from('behind'));
      const entries = await readBack(dir, entryNo);
      expect(entries.map((entry) => entry.entryNo)).toEqual(entries.map((_, i) => i + 1));
      expect(entries.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((no) => wanted(no, empty)));
      expect(entries.at(-1)).toEqual(wanted(entryNo, Buffer.from('behind')));
      await log.close();
      await first.log.close();
    },
    limitMs,
  );
}
