/**
 * Makes the golden log: a month of the sample town with everything that a log can hold, given to a running Tollgrid whose
 * clock is set. What stands in the repository was made once and stays; `npm run golden -- --make` makes another.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { loadConfig } from '../../platform/config.ts';
import { startFront, type Front } from '../../server/index.ts';
import { exchangeFile } from '../server/front/exchange-files.ts';
import { TOWN, townFiles } from '../server/front/system.ts';
import { clearOutside, GOLDEN_INPUT } from './rebuild.ts';

const START_MS = Date.UTC(2026, 9, 16, 4);
const DAY_MS = 86_400_000;
const by = 'golden';

/** Goes on by a second at each look, so that no two entries are of one moment. */
class SetClock {
  private nowMs = START_MS;

  now = (): number => (this.nowMs += 1000);

  forward(days: number): void {
    this.nowMs += days * DAY_MS;
  }
}

export async function makeGoldenLog(folder: string): Promise<void> {
  const clock = new SetClock();
  const inbox = path.join(folder, 'inbox');
  fs.mkdirSync(inbox, { recursive: true });
  let front = await start(folder, inbox, clock, 24);
  await firstDay(front, inbox, clock);
  await front.stop();
  // Another day, another window of the duplicate check: a policy is published.
  clock.forward(3);
  front = await start(folder, inbox, clock, 13);
  await laterDays(front, clock);
  await front.stop();
  clearOutside(GOLDEN_INPUT);
  for (const part of ['log', 'spool']) {
    fs.cpSync(path.join(folder, 'data', part), path.join(GOLDEN_INPUT, part), { recursive: true });
  }
  fs.rmSync(path.join(GOLDEN_INPUT, 'spool', 'tmp'), { recursive: true, force: true });
}

async function start(folder: string, inbox: string, clock: SetClock, windowMonths: number): Promise<Front> {
  const file = path.join(folder, 'tollgrid.yaml');
  const values = {
    dataDir: path.join(folder, 'data'),
    server: { port: 0 },
    duplicates: { windowMonths },
    audit: { everyMinutes: 0, dailyStatements: false },
    // Small enough for the larger files to be admitted in two slices.
    rater: { niceLevel: 0, sliceBytesMax: 64 * 1024 },
    engine: { niceLevel: 0 },
    logging: { level: 'warn' },
    definitions: {
      tariffs: [path.join(TOWN, 'tariffs')],
      guiding: path.join(TOWN, 'guiding.yaml'),
      registry: [path.join(TOWN, 'registry.yaml')],
    },
    sources: [
      { name: 'pbx', format: 'asterisk-csv-uniqueid', directory: inbox, pattern: '*', mode: 'growing', pollMs: 50 },
    ],
  };
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(values));
  return startFront({ config: loadConfig({ path: file, env: {} }), temporary: false, clock });
}

async function processed(front: Front, entryNo = front.services.status().logHead): Promise<void> {
  const { processed: done } = await front.services.waitUntilProcessed(entryNo, 120_000);
  if (!done) throw new Error(`entry ${entryNo} was not processed within two minutes`);
}

async function feed(
  front: Front,
  source: string,
  name: string,
  format: string,
  text: string | Buffer,
): Promise<number> {
  const stream = Readable.from([Buffer.from(text)], { objectMode: false });
  const answer = await front.services.ingestFile({ source, name, format, stream });
  await processed(front, answer.lastEntry);
  return answer.fileEntry;
}

async function command(front: Front, answer: Promise<{ entry: number }>): Promise<void> {
  await processed(front, (await answer).entry);
}

const grown = (no: number): string =>
  `"","0442209024","0508790401","wards","","SIP/9024-1","SIP/trunk-2","Dial","","2026-10-15 10:${no}:00",` +
  `"2026-10-15 10:${no}:10","2026-10-15 10:${no}:20",20,10,"ANSWERED","DOCUMENTATION","1760.${no}"\n`;

const readings = (...rows: string[]): string =>
  'meter,register,readAt,value,unit,quality\n' + rows.map((row) => `E100012,1.8.1,${row}\n`).join('');

const call = (uuid: string, account: string): string =>
  `"R","201","0441234567","hotel","2026-10-15 10:00:00","2026-10-15 10:00:10","2026-10-15 10:01:10","70","60",` +
  `"NORMAL_CLEARING","${uuid}","","${account}","",""\n`;

async function push(front: Front, ids: readonly string[], key: string): Promise<void> {
  const events = ids.map((id, no) =>
    JSON.stringify({
      specversion: '1.0',
      id,
      source: '/golden',
      type: 'tollgrid.usage.voice',
      time: '2026-10-15T09:00:00Z',
      data: { account: 'hotel-rooms', to: '380671234567', durationMs: 1000 * (61 + no) },
    }),
  );
  const response = await fetch(`${front.url}/v1/usage?source=api`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key },
    body: events.map((event) => `${event}\n`).join(''),
  });
  if (response.status !== 202) throw new Error(`a push was answered ${response.status}`);
  await processed(front);
}

/** What systems deliver: all formats, a file that grows, usage by HTTP, duplicates, a file that is not what it says. */
async function firstDay(front: Front, inbox: string, clock: SetClock): Promise<void> {
  const { services } = front;
  for (const { source, name, format, bytes } of townFiles()) await feed(front, source, name, format, bytes);
  const hotel = townFiles().find(({ source }) => source === 'hotel-pbx')!;
  await feed(front, hotel.source, 'the-same-file.csv', hotel.format, hotel.bytes);
  const lines = hotel.bytes.toString().trimEnd().split('\n');
  await feed(front, hotel.source, 'the-same-calls.csv', hotel.format, `${lines.reverse().join('\n')}\n`);

  for (const [count, more] of [3, 2].entries()) {
    const before = services.status().logHead;
    fs.appendFileSync(
      path.join(inbox, 'Master.csv'),
      Array.from({ length: more }, (_, no) => grown(10 + 10 * count + no)).join(''),
    );
    while (services.status().logHead === before) await new Promise((resolve) => setTimeout(resolve, 20));
    await processed(front);
  }

  await push(front, ['p-1', 'p-2', 'p-3'], 'push-1');
  await push(front, ['p-1', 'p-2', 'p-3'], 'push-1');
  await push(front, ['p-3', 'p-4'], 'push-2');

  const exchange = 'TOWN-9';
  const wrong = { trailer: `T;${exchange};99;990` };
  const released = await feed(
    front,
    'exchange-9',
    'a.txt',
    'exchange',
    exchangeFile({ exchange, from: 1, to: 4 }, wrong),
  );
  await command(front, services.releaseFile({ file: released, reason: 'the exchange counts test calls', by }));
  const rejected = await feed(
    front,
    'exchange-9',
    'b.txt',
    'exchange',
    exchangeFile({ exchange, from: 5, to: 6 }, wrong),
  );
  await command(front, services.rejectFile({ file: rejected, reason: 'it is sent again', by }));
  await feed(front, 'exchange-9', 'c.txt', 'exchange', exchangeFile({ exchange, from: 5, to: 7 }, wrong));
  await feed(front, 'exchange-9', 'c.txt', 'exchange', exchangeFile({ exchange, from: 5, to: 7 }));
  await feed(front, 'exchange-9', 'd.txt', 'exchange', exchangeFile({ exchange, from: 10, to: 12 }));
  const [incident] = (await services.incidents({ all: false, limit: 10 })).items;
  await command(front, services.closeIncident({ incident: incident!.id, reason: 'a restart of the exchange', by }));
  clock.forward(1);
}

/** What people do about it: registry, tariffs, suspense, corrections, settlements. */
async function laterDays(front: Front, clock: SetClock): Promise<void> {
  const { services } = front;
  await feed(front, 'hotel-pbx', 'unknown.csv', 'freeswitch-csv', call('u-1', 'nobody') + call('u-2', 'no-one'));
  await feed(front, 'hotel-pbx', 'noise.csv', 'freeswitch-csv', 'line noise\n');
  await command(front, services.recycle({ by }));
  await services.registryChange({
    by,
    objects: [
      {
        kind: 'subscription',
        id: 'S-golden',
        accountId: 'A-1002',
        identifiers: [{ kind: 'accountCode', value: 'nobody' }],
        tariffs: [{ view: 'retail', service: 'voice', tariff: 'phone-second' }],
      },
    ],
  });
  await command(front, services.recycle({ code: 'GUIDE_NO_OWNER', by }));
  await command(front, services.writeOff({ code: 'DECODE_COLUMNS', reason: 'line noise', by }));

  await feed(front, 'golden-meters', 'a.csv', 'meter-register-csv', readings('2026-10-17 00:00,910000,kWh,actual'));
  await feed(front, 'golden-meters', 'b.csv', 'meter-register-csv', readings('2026-10-19 00:00,910030,kWh,actual'));
  await feed(
    front,
    'golden-meters',
    'late.csv',
    'meter-register-csv',
    readings('2026-10-18 00:00,910012,kWh,estimated'),
  );
  await feed(
    front,
    'golden-meters',
    'revised.csv',
    'meter-register-csv',
    readings('2026-10-18 00:00,910010,kWh,actual'),
  );
  await feed(
    front,
    'golden-meters',
    'worse.csv',
    'meter-register-csv',
    readings('2026-10-18 00:00,910020,kWh,estimated'),
  );

  await command(front, services.settle({ period: '2026-10', by }));
  const tariff = fs.readFileSync(path.join(TOWN, 'tariffs', 'phone-second.yaml'), 'utf8');
  await services.publish({
    kind: 'tariff',
    name: 'phone-second',
    // Its tests are calls of October.
    document: tariff.replace(/^effective: .*$/m, 'effective: 2026-11-01').replaceAll('2026-10-', '2026-11-'),
    files: { 'zones.csv': fs.readFileSync(path.join(TOWN, 'tariffs', 'zones.csv'), 'utf8') },
    note: 'the same prices from November',
    by,
  });
  clock.forward(20);
  await feed(front, 'hotel-pbx', 'late.csv', 'freeswitch-csv', call('u-3', 'hotel-rooms') + call('u-4', 'nobody'));
  await feed(front, 'golden-meters', 'later.csv', 'meter-register-csv', readings('2026-10-18 12:00,910020,kWh,actual'));
  await command(front, services.settle({ period: '2026-10', postingPeriod: '2026-11', by }));
}
