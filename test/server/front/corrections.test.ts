import { afterEach, describe, expect, it } from 'vitest';
import { exchangeFile } from './exchange-files.ts';
import { System, townFiles, type SystemOptions } from './system.ts';

let system: System;
afterEach(() => system.remove());

const HEADER = 'meter,register,readAt,value,unit,quality\n';
const register = (...rows: string[]): string => HEADER + rows.map((row) => `E100012,1.8.1,${row}\n`).join('');
const INTERVALS = 'meter,channel,start,end,minutes,value,unit,quality\n';

async function energy(): Promise<number[]> {
  const rows = (await system.charges()).filter(({ service }) => service === 'electricity');
  const sums = new Map<string, number>();
  for (const { startAt, endAt, quantity } of rows) {
    const key = `${startAt}/${endAt}`;
    sums.set(key, (sums.get(key) ?? 0) + quantity);
  }
  return [...sums.values()].filter((quantity) => quantity !== 0);
}

describe('readings that arrive late or are revised', () => {
  it('makes the next usage again, and reverses what stood for it', async () => {
    system = await System.start();
    await system.feed(
      'meters',
      'a.csv',
      'meter-register-csv',
      register('2026-10-01 00:00,100,kWh,actual', '2026-10-03 00:00,130,kWh,actual'),
    );
    expect(await energy()).toEqual([30_000]);
    await system.feed('meters', 'b.csv', 'meter-register-csv', register('2026-10-02 00:00,112,kWh,actual'));
    expect((await energy()).sort()).toEqual([12_000, 18_000]);
    const reversal = (await system.charges()).find(({ sign }) => sign < 0)!;
    expect(reversal).toMatchObject({ quantity: -30_000, corrects: expect.stringMatching(/^\d+\.1\.0$/) });
    expect(await system.totals()).toEqual({ received: 3, rated: 2, absorbed: 1 });
    expect((await system.audit()).closes).toBe(true);
  });

  it('turns context into a usage when an older reading appears', async () => {
    system = await System.start();
    await system.feed('meters', 'a.csv', 'meter-register-csv', register('2026-10-03 00:00,130,kWh,actual'));
    expect(await system.totals()).toEqual({ received: 1, absorbed: 1 });
    await system.feed('meters', 'b.csv', 'meter-register-csv', register('2026-10-01 00:00,100,kWh,actual'));
    expect(await energy()).toEqual([30_000]);
    expect(await system.totals()).toEqual({ received: 2, rated: 1, absorbed: 1 });
  });

  it('revises a register value and both usages around it', async () => {
    system = await System.start();
    const days = [
      '2026-10-01 00:00,100,kWh,actual',
      '2026-10-02 00:00,110,kWh,estimated',
      '2026-10-03 00:00,130,kWh,actual',
    ];
    await system.feed('meters', 'a.csv', 'meter-register-csv', register(...days));
    await system.feed('meters', 'b.csv', 'meter-register-csv', register('2026-10-02 00:00,115,kWh,actual'));
    expect((await energy()).sort()).toEqual([15_000, 15_000]);
    await system.feed('meters', 'c.csv', 'meter-register-csv', register('2026-10-02 00:00,111,kWh,estimated'));
    expect(await system.totals()).toEqual({ received: 5, rated: 2, absorbed: 1, superseded: 2 });
    expect((await system.audit()).closes).toBe(true);
  });

  it('charges once what one file makes again and then replaces', async () => {
    system = await System.start();
    await system.feed(
      'meters',
      'a.csv',
      'meter-register-csv',
      register('2026-10-01 00:00,100,kWh,actual', '2026-10-03 00:00,130,kWh,actual'),
    );
    await system.feed(
      'meters',
      'b.csv',
      'meter-register-csv',
      register('2026-10-02 00:00,112,kWh,actual', '2026-10-03 00:00,131,kWh,actual'),
    );
    expect((await energy()).sort()).toEqual([12_000, 19_000]);
    expect(await system.totals()).toEqual({ received: 4, rated: 2, absorbed: 1, superseded: 1 });
    expect((await system.audit()).closes).toBe(true);
  });

  it('counts what was context, got a usage and was replaced by one file as replaced', async () => {
    system = await System.start();
    await system.feed('meters', 'a.csv', 'meter-register-csv', register('2026-10-03 00:00,130,kWh,actual'));
    await system.feed(
      'meters',
      'b.csv',
      'meter-register-csv',
      register('2026-10-01 00:00,100,kWh,actual', '2026-10-03 00:00,131,kWh,actual'),
    );
    expect(await energy()).toEqual([31_000]);
    expect(await system.totals()).toEqual({ received: 3, rated: 1, absorbed: 1, superseded: 1 });
    expect((await system.audit()).closes).toBe(true);
  });

  it('replaces an interval value by a better one, in the same file or a later one', async () => {
    system = await System.start();
    const at = (value: string, quality: string): string =>
      `E700001,1.8.0,2026-10-15 00:00,,15,${value},kWh,${quality}\n`;
    await system.feed(
      'intervals',
      'a.csv',
      'meter-interval-csv',
      INTERVALS + at('0.5', 'estimated') + at('0.6', 'actual'),
    );
    // The meter's transformers multiply by 40.
    expect(await energy()).toEqual([24_000]);
    await system.feed('intervals', 'b.csv', 'meter-interval-csv', INTERVALS + at('0.7', 'actual'));
    expect(await energy()).toEqual([28_000]);
    expect(await system.totals()).toEqual({ received: 3, rated: 1, superseded: 2 });
    await system.services.rebuild({ threads: 2 });
    expect(await energy()).toEqual([28_000]);
    expect((await system.audit()).closes).toBe(true);
  });
});

describe('readings that wait in suspense', () => {
  const unknown = (...rows: string[]): string => HEADER + rows.map((row) => `X1,1.8.1,${row}\n`).join('');

  async function giveOwner(): Promise<void> {
    await system.services.registryChange({
      by: 'test',
      objects: [
        {
          kind: 'subscription',
          id: 'S-x1',
          accountId: 'A-1013',
          usagePoint: true,
          identifiers: [{ kind: 'meter', value: 'X1' }],
          tariffs: [{ view: 'retail', service: 'electricity', tariff: 'electricity-day-night' }],
        },
      ],
    });
    await system.processed((await system.services.recycle({ by: 'test' })).entry);
  }

  it('give the same usages when they are recycled, from several files and out of order', async () => {
    system = await System.start();
    for (const [name, row] of [
      ['a.csv', '2026-10-01 00:00,100,kWh,actual'],
      ['b.csv', '2026-10-03 00:00,200,kWh,actual'],
      ['c.csv', '2026-10-02 00:00,150,kWh,actual'],
    ] as const) {
      await system.feed('meters', name, 'meter-register-csv', unknown(row));
    }
    await giveOwner();
    expect((await energy()).sort()).toEqual([50_000, 50_000]);
    expect(await system.totals()).toEqual({ received: 3, rated: 2, absorbed: 1 });
    const rows = await system.export();
    await system.services.rebuild({ threads: 2 });
    expect(await system.export()).toBe(rows);
    expect((await system.audit()).closes).toBe(true);
  });

  it('stay with their own records when one file holds several, the later one first', async () => {
    system = await System.start();
    const rows = ['2026-10-02 00:00,150,kWh,actual', '2026-10-01 00:00,100,kWh,actual'];
    await system.feed('meters', 'a.csv', 'meter-register-csv', unknown(...rows));
    await giveOwner();
    const charges = (await system.charges()).filter(({ service, sign }) => service === 'electricity' && sign > 0);
    expect(charges).toHaveLength(1);
    expect(charges[0]).toMatchObject({
      quantity: 50_000,
      startAt: '2026-09-30T21:00:00.000Z',
      endAt: '2026-10-01T21:00:00.000Z',
    });
    expect(charges[0]!.id).toMatch(/^\d+\.0\.\d+$/);
    const told = (await system.services.explainCharge(charges[0]!.id))!;
    expect(told.steps.filter(({ step }) => step === 'difference')).toEqual([]);
    expect(await system.totals()).toEqual({ received: 2, rated: 1, absorbed: 1 });
  });

  it('are known again after a restart with two threads', async () => {
    system = await System.start({ threads: 2 });
    const file = townFiles().find(({ source }) => source === 'meters')!;
    await system.feed('meters', file.name, file.format, file.bytes);
    const before = await system.totals();
    await system.stop();
    system = await System.start({ threads: 2, folder: system.folder });
    const [header, ...lines] = file.bytes.toString().trimEnd().split('\n');
    await system.feed('meters', 'again.csv', file.format, [header, ...lines.reverse(), ''].join('\n'));
    const after = await system.totals();
    expect(after['rated']).toBe(before['rated']);
    expect(after['superseded']).toBe(before['superseded']);
    expect(after['absorbed']).toBe(before['absorbed']);
  });
});

describe('files', () => {
  it('received with the wrong format can be received again with the right one', async () => {
    system = await System.start();
    const file = townFiles().find(({ source }) => source === 'water')!;
    await system.feed('water', file.name, 'asterisk-csv', file.bytes);
    await system.feed('water', file.name, file.format, file.bytes);
    expect((await system.totals())['rated']).toBe(100);
  });
});

describe('suspense', () => {
  const call = (uuid: string, account: string): string =>
    `"R","201","0441234567","hotel","2026-10-15 10:00:00","2026-10-15 10:00:10","2026-10-15 10:01:10","70","60","NORMAL_CLEARING","${uuid}","","${account}","",""\n`;

  it('keeps what has no owner with its bytes, and rates it once the owner is known', async () => {
    system = await System.start();
    await system.feed('hotel-pbx', 'a.csv', 'freeswitch-csv', call('u-1', 'nobody') + call('u-2', 'hotel-rooms'));
    expect(await system.totals()).toEqual({ received: 2, rated: 1, suspended: 1 });
    const [waiting] = (await system.services.suspense({ limit: 10 })).items;
    expect(waiting).toMatchObject({ code: 'GUIDE_NO_OWNER', source: 'hotel-pbx', byteOffset: 0 });
    expect(Buffer.from((await system.services.suspenseBytes(waiting!.address))!).toString()).toBe(
      call('u-1', 'nobody').trimEnd(),
    );

    const recycle = async (): Promise<void> => system.processed((await system.services.recycle({ by: 'test' })).entry);
    await recycle();
    expect(await system.totals()).toEqual({ received: 2, rated: 1, suspended: 1 });
    const account = await system.services.account('A-1002');
    expect(account).not.toBeNull();
    await system.services.registryChange({
      by: 'test',
      objects: [
        {
          kind: 'subscription',
          id: 'S-new',
          accountId: 'A-1002',
          identifiers: [{ kind: 'accountCode', value: 'nobody' }],
          tariffs: [{ view: 'retail', service: 'voice', tariff: 'phone-second' }],
        },
      ],
    });
    await recycle();
    expect(await system.totals()).toEqual({ received: 2, rated: 2 });
    // The record that came back is known: once more it is a duplicate.
    await system.feed('hotel-pbx', 'b.csv', 'freeswitch-csv', call('u-1', 'nobody') + '\n');
    expect(await system.totals()).toEqual({ received: 3, rated: 2, duplicate: 1 });
    const charge = (await system.charges('A-1002')).find(({ subscription }) => subscription === 'S-new')!;
    expect(charge.id).toBe(`${waiting!.address}.0`);
    expect((await system.services.explainCharge(charge.id))!.record!.byteOffset).toBe(0);
    const rows = await system.charges();
    await system.services.rebuild({ threads: 2 });
    expect(await system.charges()).toEqual(rows);
    expect((await system.audit()).closes).toBe(true);
  });

  it('writes off by command, and the audit still closes', async () => {
    system = await System.start();
    await system.feed('hotel-pbx', 'a.csv', 'freeswitch-csv', `garbage\n${call('u-2', 'hotel-rooms')}`);
    const { entry } = await system.services.writeOff({ code: 'DECODE_COLUMNS', reason: 'line noise', by: 'test' });
    await system.processed(entry);
    expect(await system.totals()).toEqual({ received: 2, rated: 1, writtenOff: 1 });
    expect((await system.audit()).closes).toBe(true);
  });
});

describe('order and slices', () => {
  it('gives the same canonical export for the same records in other orders, files, slices and writes', async () => {
    const variants: Record<string, { pieces: boolean; options: SystemOptions }> = {
      'as they are': { pieces: false, options: {} },
      'small slices': { pieces: false, options: { sliceBytesMax: 64 * 1024 } },
      'small writes': { pieces: false, options: { writeRowsMax: 1000 } },
      'other files in another order, small slices and writes, three threads': {
        pieces: true,
        options: { sliceBytesMax: 64 * 1024, writeRowsMax: 1000, threads: 3 },
      },
    };
    const exports: Record<string, string> = {};
    for (const [name, { pieces, options }] of Object.entries(variants)) {
      if (name !== 'as they are') await system.remove();
      system = await System.start(options);
      await feedTown(pieces);
      await system.settle('2026-10');
      exports[name] = await system.export();
    }
    for (const name of Object.keys(variants)) expect(exports[name], name).toBe(exports['as they are']);
    expect(exports['as they are']!.split('\n').length).toBeGreaterThan(1000);
  });
});

/** The town's calls and readings; in pieces, each file is in two parts and what comes last comes first. */
async function feedTown(pieces: boolean): Promise<void> {
  const files = townFiles().filter(({ source }) => source !== 'adsl');
  if (pieces) files.reverse();
  // Enough of them for more than one slice and more than one write.
  await system.feed('exchange-9', 'many.txt', 'exchange', exchangeFile({ exchange: 'TOWN-9', from: 1, to: 2500 }));
  for (const { source, name, format, bytes } of files) {
    for (const [part, content] of (pieces ? inPieces(source, bytes) : [whole(bytes)]).entries()) {
      await system.feed(source, `${part}-${name}`, format, Buffer.from(content, 'latin1'));
    }
  }
}

/** The file without its misreads. */
function whole(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => !MISREAD.test(line))
    .join('\n');
}

/** Meters with a misread on purpose: which of two readings contradicts the other depends on which was there first. */
const MISREAD = /^(E100023|W100017),/;

/** A file of lines cut in two, the later half first; the header, where there is one, on both. */
function inPieces(source: string, bytes: Buffer): string[] {
  const lines = bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '' && !MISREAD.test(line));
  const header = ['meters', 'water', 'intervals'].includes(source) ? [lines.shift()!] : [];
  if (source === 'exchange' || source === 'hotel-pbx') return [whole(bytes)];
  const middle = lines.length >> 1;
  return [lines.slice(middle), lines.slice(0, middle)].map((part) => [...header, ...part, ''].join('\n'));
}
