/** Sessions of an access server from packets to charges: parts, conservation, explanations, and the same again from the log. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { SessionItem } from '../../../schemas/api/sessions.ts';
import { System } from './system.ts';

const T0 = Date.UTC(2026, 9, 20, 10) / 1000;
const LOGIN = 'shop4@town';
const MB = 1_000_000;

let system: System;
let files = 0;

interface Told {
  status: string;
  id?: string;
  login?: string;
  nas?: string;
  port?: number;
  /** Seconds since T0 of the event, and since the session's start. */
  at: number;
  seconds?: number;
  up?: number;
  down?: number;
  giga?: number;
}

/** A record of a detail file. */
function detail({
  status,
  id = 's-1',
  login = LOGIN,
  nas = 'bras-1',
  port,
  at,
  seconds,
  up,
  down,
  giga,
}: Told): string {
  const lines = [
    `Acct-Status-Type = ${status}`,
    ...(status.startsWith('Accounting') ? [] : [`Acct-Session-Id = "${id}"`, `User-Name = "${login}"`]),
    `NAS-Identifier = "${nas}"`,
    ...(port === undefined ? [] : [`NAS-Port = ${port}`]),
    ...(seconds === undefined ? [] : [`Acct-Session-Time = ${seconds}`]),
    ...(up === undefined ? [] : [`Acct-Input-Octets = ${up}`, `Acct-Output-Octets = ${down}`]),
    ...(giga === undefined ? [] : [`Acct-Output-Gigawords = ${giga}`, 'Acct-Input-Gigawords = 0']),
    `Timestamp = ${T0 + at}`,
  ];
  return `Tue Oct 20 10:00:00 2026\n${lines.map((line) => `\t${line}\n`).join('')}\n`;
}

const feed = (...packets: Told[]): Promise<void> =>
  system.feed('bras', `detail-${++files}`, 'radius-detail', packets.map(detail).join(''));

async function chargesOf(): Promise<ChargeItem[]> {
  return (await system.charges()).sort((a, b) => a.startAt.localeCompare(b.startAt) || a.id.localeCompare(b.id));
}

async function sessions(query: { all?: boolean; login?: string } = {}): Promise<SessionItem[]> {
  return (await system.services.sessions({ limit: 100, ...query })).items;
}

beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  await system.remove();
});

describe('a session that reports while it lasts', () => {
  it('is charged for what each packet has more than those before it', async () => {
    await feed({ status: 'Start', at: 0, port: 7 });
    await feed(
      { status: 'Interim-Update', at: 600, seconds: 600, up: MB, down: 9.5 * MB, giga: 0 },
      { status: 'Interim-Update', at: 1200, seconds: 1200, up: MB, down: 9.5 * MB, giga: 0 },
    );
    await feed({ status: 'Stop', at: 1800, seconds: 1800, up: 2 * MB, down: 705_032_704, giga: 1 });
    const charges = await chargesOf();
    // 10.5 MB, then up to 5,002 MB; 0.20 and 20 % for each full megabyte of the whole.
    expect(charges.map(({ quantity, billed, amount }) => [quantity, billed, Number(amount)])).toEqual([
      [10_500_000, 10 * MB, 2.4],
      [4_991_500_000, 4_992 * MB, 1198.08],
    ]);
    expect(charges.map(({ startAt, endAt }) => [startAt.slice(11, 16), endAt.slice(11, 16)])).toEqual([
      ['10:00', '10:10'],
      ['10:10', '10:30'],
    ]);
    const report = await system.audit();
    expect([report.closes, report.total.rated, report.total.absorbed, report.total.suspended]).toEqual([true, 2, 2, 0]);
  });

  it('says from which counters a part came, and what the session cost by then', async () => {
    const [, second] = await chargesOf();
    const { steps, record } = (await system.services.explainCharge(second.id))!;
    expect(record!.text).toContain('Acct-Output-Gigawords = 1');
    const text = steps.map((step) => step.text).join('\n');
    expect(text).toContain('Session s-1 of shop4@town at bras-1 since 2026-10-20T10:00:00.000Z');
    expect(text).toContain(
      '10500000 bytes were charged up to 2026-10-20T10:10:00.000Z: the part is 5002000000 less 10500000',
    );
    expect(text).toContain(
      'The session costs 1200.480000 UAH so far and had cost 2.400000 before this part: 1198.080000.',
    );
    expect(steps.some(({ step }) => step === 'difference')).toBe(false);
  });

  it('changes nothing when its packets come again, in another order and from another file', async () => {
    const before = await chargesOf();
    await feed(
      { status: 'Stop', at: 1900, seconds: 1800, up: 2 * MB, down: 705_032_704, giga: 1 },
      { status: 'Interim-Update', at: 700, seconds: 600, up: MB, down: 9.5 * MB, giga: 0 },
      { status: 'Interim-Update', at: 300, seconds: 300, up: 5, down: 10, giga: 0 },
    );
    expect(await chargesOf()).toEqual(before);
    expect((await system.totals())['duplicate']).toBe(2);
    expect((await system.audit()).closes).toBe(true);
  });

  it('waits in suspense where its counters go backwards, and the rest of it goes on', async () => {
    await feed(
      { status: 'Interim-Update', id: 's-2', at: 600, seconds: 600, up: 0, down: 5 * MB, giga: 0 },
      { status: 'Interim-Update', id: 's-2', at: 900, seconds: 900, up: 0, down: 4 * MB, giga: 0 },
      { status: 'Interim-Update', id: 's-2', at: 1200, seconds: 1200, up: 0, down: 7 * MB, giga: 0 },
    );
    const { items } = await system.services.suspense({ limit: 10 });
    expect(items.map(({ code }) => code)).toEqual(['SESSION_BACKWARDS']);
    const report = await system.audit();
    expect([report.closes, report.total.suspended]).toEqual([true, 1]);
    expect((await sessions()).find(({ sessionId }) => sessionId === 's-2')).toMatchObject({ quantity: 7 * MB });
  });

  it('that nobody owns waits, and is charged once as a whole when it is tried again', async () => {
    const login = 'late@town';
    await feed(
      { status: 'Interim-Update', id: 's-3', login, at: 600, seconds: 600, up: 0, down: 5 * MB, giga: 0 },
      { status: 'Stop', id: 's-3', login, at: 900, seconds: 900, up: 0, down: 8 * MB, giga: 0 },
    );
    const owned = (await chargesOf()).length;
    expect((await system.services.suspense({ code: 'GUIDE_NO_OWNER', limit: 10 })).items).toHaveLength(2);
    await system.services.registryImport({ name: 'late.yaml', text: lateCustomer(), by: 'test' });
    await system.processed((await system.services.recycle({ code: 'GUIDE_NO_OWNER', by: 'test' })).entry);
    const charges = await chargesOf();
    expect(charges.length).toBe(owned + 2);
    const own = charges.filter(({ party }) => party === login);
    expect(own.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(8 * MB);
    expect((await system.audit()).closes).toBe(true);
  });
});

describe('sessions that go on', () => {
  it('are listed with what they used and cost so far', async () => {
    const [open] = await sessions({ login: LOGIN });
    expect(open).toMatchObject({ nas: 'bras-1', sessionId: 's-2', login: LOGIN, quantity: 7 * MB, closed: '' });
    expect(open.account).not.toBeNull();
    expect(open.charges.map(({ currency, amount }) => [currency, Number(amount)])).toEqual([['UAH', 1.68]]);
    expect((await sessions({ all: true, login: LOGIN })).map(({ sessionId, closed }) => [sessionId, closed])).toEqual(
      expect.arrayContaining([
        ['s-1', 'stop'],
        ['s-2', ''],
      ]),
    );
  });

  it('end when their access server begins anew, and a Stop that was on its way adds what was missing', async () => {
    await feed({ status: 'Accounting-On', at: 1300 });
    expect(await sessions({ login: LOGIN })).toEqual([]);
    await feed({ status: 'Stop', id: 's-2', at: 1290, seconds: 1290, up: 0, down: 8 * MB, giga: 0 });
    const [closed] = await sessions({ all: true, login: LOGIN });
    expect([closed.quantity, closed.closed]).toEqual([8 * MB, 'stop']);
  });

  it('can be read page by page', async () => {
    const first = await system.services.sessions({ limit: 2, all: true });
    expect(first.items).toHaveLength(2);
    const rest = await system.services.sessions({ limit: 10, all: true, cursor: first.next! });
    const all = await sessions({ all: true });
    expect([...first.items, ...rest.items]).toEqual(all);
  });
});

describe('a part that cannot be priced when it comes', () => {
  it('is priced as it was counted when it is tried again, also when later ones came meanwhile', async () => {
    const year = -365 * 86_400;
    await feed(
      { status: 'Interim-Update', id: 's-4', at: year + 600, seconds: 600, up: 0, down: 5 * MB, giga: 0 },
      { status: 'Stop', id: 's-4', at: year + 900, seconds: 900, up: 0, down: 8.5 * MB, giga: 0 },
    );
    expect((await system.services.suspense({ code: 'RATE_NO_VERSION', limit: 10 })).items).toHaveLength(2);
    await publish('2025-01-01', '0.30');
    await system.processed((await system.services.recycle({ code: 'RATE_NO_VERSION', by: 'test' })).entry);
    const own = (await chargesOf()).filter(({ startAt }) => startAt.startsWith('2025'));
    expect(own.map(({ quantity, amount }) => [quantity, Number(amount)])).toEqual([
      [5_000_000, 1.8],
      [3_500_000, 1.08],
    ]);
    expect((await system.audit()).closes).toBe(true);
  });
});

describe('sessions that were charged with a wrong price', () => {
  it('are priced again, each part as it was counted', async () => {
    const before = await sumOf('2026');
    await publish('2026-01-01', '0.40');
    const { entry } = await system.services.rerate({ from: '2026-10', to: '2026-11', by: 'test', note: 'wrong price' });
    for (let state = ''; state !== 'posted';) {
      state = (await system.services.rerateOf(entry))!.state;
      expect(['waiting', 'running', 'posted']).toContain(state);
    }
    expect(await sumOf('2026')).toBeCloseTo(2 * before, 6);
    const checks = await system.services.verify();
    expect(checks.checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('a session over the end of a month, whose tariff divides there', () => {
  it('has usage in both months, in proportion to time; a restart in between changes nothing', async () => {
    await publish('2026-01-01', '0.40', 'crossing: prorate');
    const month = (Date.UTC(2026, 9, 31, 22) - T0 * 1000) / 1000;
    const told = (seconds: number, down: number): Told => {
      const last = seconds === 10_800;
      return { status: last ? 'Stop' : 'Interim-Update', id: 's-5', at: month - 3600 + seconds, seconds, up: 0, down };
    };
    await feed(told(1800, 10 * MB));
    await feed(told(7200, 40 * MB));
    const { folder } = system;
    await system.stop();
    system = await System.start({ folder });
    await feed(told(10_800, 45 * MB));
    const own = (await chargesOf()).filter(({ startAt }) => startAt >= '2026-10-31');
    expect(own.map(({ servicePeriod, quantity, amount }) => [servicePeriod, quantity, Number(amount)])).toEqual([
      ['2026-10', 10 * MB, 4.8],
      ['2026-10', 10 * MB, 4.8],
      ['2026-11', 20 * MB, 9.6],
      ['2026-11', 5 * MB, 2.4],
    ]);
    for (const { id } of own) {
      const { steps } = (await system.services.explainCharge(id))!;
      expect(steps.filter(({ step }) => step === 'difference')).toEqual([]);
    }
  });
});

describe('the ledger of sessions', () => {
  it('is whole, and comes out the same from the log on any number of threads', async () => {
    for (const half of [0, 4]) {
      await feed(...[0, 1, 2, 3].flatMap((nas) => lifeOf(`nas-${half + nas}`)));
    }
    const { checks } = await system.services.verify();
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const before = { export: await system.export(), sessions: await sessions({ all: true }) };
    const ofOne = before.sessions.filter(({ nas }) => nas === 'nas-0');
    expect(ofOne.map(({ sessionId, quantity }) => [sessionId, quantity]).sort()).toEqual([
      ...[1, 2, 3].map((no) => [`t-${no}`, no + no * 3 * MB]),
      ...['t-4', 't-5'].map((id) => [id, 0]),
    ]);
    for (const threads of [2, 4, 1]) {
      await system.services.rebuild({ threads });
      expect(await system.export()).toBe(before.export);
      expect(await sessions({ all: true })).toEqual(before.sessions);
    }
    expect((await system.audit()).closes).toBe(true);
  });
});

async function publish(effective: string, price: string, more = ''): Promise<void> {
  const document = `name: adsl-volume
effective: ${effective}
currency: UAH
timeZone: Europe/Kyiv
service: data
tax: { percent: 20, included: false }
rounding: { at: session, mode: half-up, decimals: 2 }
${more}
rules:
  - price: { price: ${price}, per: 1MB, unit: full, measure: total }
`;
  const replaces = effective === '2026-01-01';
  const correction = { correct: replaces, person: 'O. Kovalenko', note: 'as in the price list' };
  await system.services.publish({ kind: 'tariff', name: 't.yaml', document, files: {}, by: 'test', ...correction });
  await system.processed();
}

/** Of all charges of usage that began in a year. */
async function sumOf(year: string): Promise<number> {
  const charges = (await chargesOf()).filter(({ startAt }) => startAt.startsWith(year));
  return charges.reduce((sum, { amount }) => sum + Number(amount), 0);
}

/** Sessions of an access server: three that stop, one that is lost on its port, one that ends with the server. */
function lifeOf(nas: string): Told[] {
  return [
    ...[1, 2, 3].flatMap((no): Told[] => [
      { status: 'Start', id: `t-${no}`, nas, at: 0, port: no },
      { status: 'Interim-Update', id: `t-${no}`, nas, at: 600, seconds: 600, up: no, down: no * MB },
      // The third one comes 20 minutes late and does not say so.
      { status: 'Stop', id: `t-${no}`, nas, at: no === 3 ? 2100 : 900, seconds: 900, up: no, down: no * 3 * MB },
    ]),
    { status: 'Start', id: 't-4', nas, at: 1000, port: 9 },
    { status: 'Start', id: 't-5', nas, at: 2000, port: 9 },
    { status: 'Accounting-Off', nas, at: 3000 },
  ];
}

function lateCustomer(): string {
  return `parties: [{ id: P-late, name: Late }]
accounts: [{ id: A-late, partyId: P-late, currency: UAH, timeZone: Europe/Kyiv }]
subscriptions:
  - id: S-late
    accountId: A-late
    identifiers: [{ kind: login, value: late@town }]
    tariffs: [{ view: retail, service: data, tariff: adsl-volume }]
`;
}
