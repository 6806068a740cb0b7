/** Nothing that stands in the log may keep the rater from what comes after it. */
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogWriter, Spool } from '../../../platform/log/index.ts';
import { EntryType, SEMANTICS_NO, type FileHead, type SliceHead } from '../../../schemas/log-entries.ts';
import type { PublicationKindText } from '../../../schemas/api/registry.ts';
import { System, TOWN } from './system.ts';

const START_MS = 180_000;
let system: System;

beforeAll(async () => {
  system = await System.start({ definitions: {} });
}, START_MS);
afterAll(() => system.remove());

const raterRestarts = (): number => system.services.status().children.find(({ role }) => role === 'rater')!.restarts;

const event = (id: string, service: string, data: object): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id,
      source: '/test',
      type: `tollgrid.usage.${service}`,
      time: '2026-10-15T09:00:00Z',
      data,
    }),
  );
const call = (id: string, account = 'hotel-rooms'): Uint8Array =>
  event(id, 'voice', { account, to: '380671234567', durationMs: 107_000 });

async function push(...events: Uint8Array[]): Promise<void> {
  const { entryNo } = await system.services.pushUsage({ source: 'pbx', events, requestSha256: '' });
  await system.processed(entryNo);
}

async function publish(kind: PublicationKindText, name: string, document: string, folder = TOWN): Promise<void> {
  const files = Object.fromEntries(
    fs.existsSync(path.join(folder, 'zones.csv'))
      ? [['zones.csv', fs.readFileSync(path.join(folder, 'zones.csv'), 'utf8')]]
      : [],
  );
  await system.services.publish({ kind, name, document, files, by: 'test', person: 'Tester', note: 'test' });
}

const recycle = async (): Promise<void> => system.processed((await system.services.recycle({ by: 'test' })).entry);
async function codes(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let cursor: string | undefined;
  do {
    const page = await system.services.suspense({ limit: 1000, cursor });
    for (const { code } of page.items) counts[code] = (counts[code] ?? 0) + 1;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return counts;
}

describe('the rater goes on', () => {
  it('before any guiding rules were published: records wait for them', async () => {
    await push(call('e-1'), call('e-2'), Buffer.from('no event'));
    expect(await codes()).toEqual({ GUIDING_MISSING: 2, DECODE_JSON: 1 });
    await system.settle('2026-10');
    await recycle();
    expect(await system.totals()).toEqual({ received: 3, suspended: 3 });
    // What waits is known: the same again is a duplicate.
    await push(call('e-2'));
    expect(await system.totals()).toEqual({ received: 4, suspended: 3, duplicate: 1 });
  });

  it('before any tariff was published: records wait for theirs', async () => {
    await publish('guiding', 'guiding.yaml', fs.readFileSync(path.join(TOWN, 'guiding.yaml'), 'utf8'));
    const text = fs.readFileSync(path.join(TOWN, 'registry.yaml'), 'utf8');
    await system.services.registryImport({ name: 'registry.yaml', text, by: 'test' });
    await push(call('e-3'));
    expect(await codes()).toEqual({ GUIDING_MISSING: 2, DECODE_JSON: 1, RATE_NO_TARIFF: 1 });
    await expect(system.settle('2026-10')).rejects.toMatchObject({ code: 'RATE_NO_TARIFF' });
    await recycle();
    expect(await codes()).toEqual({ RATE_NO_TARIFF: 3, DECODE_JSON: 1 });
    const tariffs = path.join(TOWN, 'tariffs');
    await publish(
      'tariff',
      'phone-second.yaml',
      fs.readFileSync(path.join(tariffs, 'phone-second.yaml'), 'utf8'),
      tariffs,
    );
    await recycle();
    expect(await system.totals()).toEqual({ received: 5, rated: 3, duplicate: 1, suspended: 1 });
    expect((await system.charges('A-1002')).map(({ amount }) => amount)).toEqual(Array(3).fill('0.604800'));
    expect((await system.audit()).closes).toBe(true);
    expect(raterRestarts()).toBe(0);
  });

  it('when quantities are far beyond what their sums can hold', async () => {
    const tariffs = path.join(TOWN, 'tariffs');
    await publish(
      'tariff',
      'adsl-volume.yaml',
      fs.readFileSync(path.join(tariffs, 'adsl-volume.yaml'), 'utf8'),
      tariffs,
    );
    const before = await system.totals();
    const sessions = (name: string, bytes: number, count = 1100): Uint8Array[] =>
      Array.from({ length: count }, (_, id) =>
        event(`${name}-${id}`, 'data', { login: 'shop4@town', bytes, bytesUp: bytes }),
      );
    await push(...sessions('too-large', Number.MAX_SAFE_INTEGER), ...sessions('large', 2 ** 45 - 1), call('e-4'));
    expect(await system.totals()).toEqual({
      ...before,
      received: before['received']! + 2201,
      rated: before['rated']! + 1101,
      suspended: before['suspended']! + 1100,
    });
    expect((await codes())['RATE_OVERFLOW']).toBe(1100);
    const audit = await system.audit();
    expect(audit.closes).toBe(true);
    // Beyond what a double holds exactly.
    expect(audit.units.find(({ service }) => service === 'data')!.ledger).toBe(String(1100n * (2n ** 45n - 1n)));
    expect(raterRestarts()).toBe(0);
  });

  it(
    'when a file stands in the log whose format is not there',
    async () => {
      const { folder } = system;
      const before = await system.totals();
      await system.stop();
      const lines = ['380442200001;380671112233;2026-10-15 12:00:00;107', 'garbage', ''];
      await forgeFile(path.join(folder, 'data'), 'lost-format', Buffer.from(lines.join('\n')));
      system = await System.start({ folder, definitions: {} });
      await push(call('e-5'));
      expect(await system.totals()).toEqual({
        ...before,
        received: before['received']! + 3,
        rated: before['rated']! + 1,
        suspended: before['suspended']! + 2,
      });
      expect((await codes())['FORMAT_UNKNOWN']).toBe(2);
      await publish('format', 'lost-format.yaml', LOST_FORMAT);
      const tariffs = path.join(TOWN, 'tariffs');
      await publish(
        'tariff',
        'phone-business.yaml',
        fs.readFileSync(path.join(tariffs, 'phone-business.yaml'), 'utf8'),
        tariffs,
      );
      await recycle();
      expect(await codes()).toMatchObject({ DECODE_COLUMNS: 1 });
      expect((await codes())['FORMAT_UNKNOWN']).toBeUndefined();
      expect((await system.audit()).closes).toBe(true);
      expect(raterRestarts()).toBe(0);
      const rows = await system.charges();
      await system.services.rebuild({ threads: 2 });
      expect(await system.charges()).toEqual(rows);
    },
    START_MS,
  );
});

const LOST_FORMAT = `
format: lost-format
family: delimited
separator: ';'
columns: 4
timeZone: UTC
fields:
  - { name: from, column: 1 }
  - { name: to, column: 2 }
  - { name: at, column: 3, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }
  - { name: seconds, column: 4, type: duration, unit: s }
classes:
  - { class: call.originating, kind: usage, service: voice }
record: { start: at, quantity: seconds, callingParty: from, calledParty: to }
identity: [from, at]
`;

/** As the intake would never do it: it refuses files of formats that it does not know. */
async function forgeFile(dataDir: string, format: string, bytes: Uint8Array): Promise<void> {
  const spool = await Spool.open(path.join(dataDir, 'spool'));
  const { sha256, sizeBytes } = await spool.add(Readable.from([bytes], { objectMode: false }));
  await spool.close();
  const log = await LogWriter.open(path.join(dataDir, 'log'));
  const pins = { acceptedAtMs: Date.now(), registryNo: log.headNo, semanticsNo: SEMANTICS_NO };
  const file: FileHead = { source: 'old', name: 'lost.csv', format, mode: 'closed', sha256, sizeBytes };
  const { entryNo } = await log.append(EntryType.file, file, undefined, pins);
  const slice: SliceHead = {
    source: 'old',
    format,
    fileEntry: entryNo,
    blob: sha256,
    blobOffset: 0,
    sourceOffset: 0,
    lengthBytes: sizeBytes,
    recordsMax: 10,
    first: true,
    last: true,
  };
  await log.append(EntryType.slice, slice, undefined, pins);
  await log.close();
}
