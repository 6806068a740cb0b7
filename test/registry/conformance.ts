/** What every database of the registry has to do, whichever it is: PGlite inside, or a PostgreSQL server. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import {
  PERSONAL_DATA,
  type LoggedRegistry,
  type Registry,
  type RegistryChange,
  type RegistryEntry,
  type RegistryOptions,
} from '../../registry/index.ts';
import type { AccountInput, PartyInput, RegistryInput, SubscriptionInput } from '../../schemas/registry.ts';

export const party: PartyInput = { kind: 'party', id: 'P-1', name: 'Olena Koval' };
export const account: AccountInput = {
  kind: 'account',
  id: 'A-1',
  partyId: 'P-1',
  currency: 'UAH',
  timeZone: 'Europe/Kyiv',
};
export const subscription = (
  id: string,
  number: string,
  dates: { from?: string; to?: string } = {},
): SubscriptionInput => ({
  kind: 'subscription',
  id,
  accountId: 'A-1',
  identifiers: [{ kind: 'number', value: number, ...dates }],
  tariffs: [{ view: 'retail', service: 'voice', tariff: 'town-calls' }],
});

export class TestLog implements LoggedRegistry {
  readonly entries: RegistryEntry[] = [];
  readonly extractedNo = 0;

  get lastNo(): number {
    return this.entries.at(-1)?.entryNo ?? 0;
  }

  readonly append = async (changes: RegistryChange[]): Promise<number> => {
    const entryNo = this.lastNo + 3;
    this.entries.push({ entryNo, changes });
    return entryNo;
  };

  async *extracted(): AsyncGenerator<RegistryChange[]> {}

  async *behind(entryNo: number): AsyncGenerator<RegistryEntry> {
    yield* this.entries.filter((entry) => entry.entryNo > entryNo);
  }
}

export async function pictureOf(registry: Registry): Promise<unknown> {
  const { queries } = registry;
  return [await queries.counts(), await queries.subscriptionsOf(1), await queries.accounts({ limit: 100 })];
}

export const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was thrown',
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );

/** `open`: an empty registry the first time, the same one after it was closed. */
export function describeRegistry(name: string, open: (options: RegistryOptions) => Promise<Registry>): void {
  let dataDir: string;
  let registry: Registry;
  const logged = new TestLog();
  const log = logged.entries;
  const { append } = logged;
  const change = (...objects: RegistryInput[]) => registry.change(objects, append);
  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'registry-'));
    registry = await open({ dataDir, bootId: 'one', logged });
  });
  afterAll(async () => {
    await registry.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  describe(`the registry, ${name}`, () => {
    it('gives dense numbers, whatever the order in the request, and logs after-images in an order that can be applied', async () => {
      const result = await change(subscription('S-1', '380440000001'), account, party);
      expect(result).toEqual({ entryNo: 3, created: 3, changed: 0, unchanged: 0 });
      expect(registry.applied()).toBe(3);
      expect(log[0].changes).toEqual([
        { kind: 'party', id: 'P-1', name: 'Olena Koval', division: 'root' },
        {
          kind: 'account',
          id: 'A-1',
          no: 1,
          partyId: 'P-1',
          currency: 'UAH',
          timeZone: 'Europe/Kyiv',
          division: 'root',
        },
        {
          kind: 'subscription',
          id: 'S-1',
          no: 1,
          accountNo: 1,
          usagePoint: false,
          division: 'root',
          identifiers: [{ kind: 'number', value: '380440000001', fromMs: null, toMs: null }],
          tariffs: [{ view: 'retail', service: 'voice', tariff: 'town-calls', fromMs: null, toMs: null }],
        },
      ]);
    });

    it('changes nothing, and appends nothing, when the same is asked again', async () => {
      const entries = log.length;
      expect(await change(party, account, subscription('S-1', '380440000001'))).toEqual({
        entryNo: null,
        created: 0,
        changed: 0,
        unchanged: 3,
      });
      expect(log).toHaveLength(entries);
    });

    it('reads a date as midnight in the zone of the account', async () => {
      await change(subscription('S-2', '380440000002', { from: '2026-07-01', to: '2026-12-01T00:00:00Z' }));
      const stored = await registry.queries.subscription('S-2');
      expect(stored?.identifiers).toEqual([
        {
          kind: 'number',
          value: '380440000002',
          fromMs: Date.UTC(2026, 5, 30, 21),
          toMs: Date.UTC(2026, 11, 1),
        },
      ]);
    });

    it('lets a number go from one subscription to the next at a moment, and refuses an overlap by one millisecond', async () => {
      await change(subscription('S-3', '380440000003', { to: '2026-03-01T00:00:00Z' }));
      const early = change(subscription('S-4', '380440000003', { from: '2026-02-28T23:59:59.999Z' }));
      expect(await messageOf(early)).toBe(
        'REGISTRY_IDENTIFIER_TAKEN number 380440000003 of subscription S-4 belongs to subscription S-3 at the same time',
      );
      expect(await registry.queries.subscription('S-4')).toBeNull();
      await change(subscription('S-4', '380440000003', { from: '2026-03-01T00:00:00Z' }));
      expect((await registry.queries.subscription('S-4'))?.no).toBe(4);
    });

    it('lets two subscriptions exchange their numbers in one request', async () => {
      await change(subscription('S-1', '380440000002', { to: '2020-01-01' }), subscription('S-2', '380440000001'));
      expect((await registry.queries.subscription('S-1'))?.identifiers[0].value).toBe('380440000002');
    });

    it('refuses number ranges that share a number, but not ranges of other lengths', async () => {
      const range = (id: string, value: string): SubscriptionInput => ({
        ...subscription(id, '1'),
        identifiers: [{ kind: 'numberRange', value }],
      });
      await change(range('R-1', '380441000-380441099'), range('R-2', '38044100-38044109'));
      expect(await messageOf(change(range('R-3', '380441099-380441200')))).toContain('R-3 belongs to subscription R-1');
      expect(await messageOf(change(range('R-3', '380440000-380442000')))).toContain('REGISTRY_IDENTIFIER_TAKEN');
      await change(range('R-3', '380441100-380441200'));
    });

    it('says all mistakes of a request together and changes nothing', async () => {
      const before = await registry.queries.counts();
      const message = await messageOf(
        change(
          { ...party, id: 'P-2' },
          { ...account, id: 'A-2', partyId: 'P-9', currency: 'XQQ' },
          { ...account, id: 'A-3', timeZone: 'Europe/Atlantis' },
          { ...account, id: 'A-4', partyId: 'P-9' },
          { ...subscription('S-9', '+380440000009'), accountId: 'A-1' },
          { ...subscription('S-10', '380440000010'), accountId: 'A-9' },
          subscription('S-11', '380440000011', { from: '2026-02-30' }),
          subscription('S-12', '380440000012', { from: '2026-02-02', to: '2026-02-02' }),
          { ...account, currency: 'EUR' },
        ),
      );
      expect(message.split('\n')).toEqual([
        'REGISTRY_INVALID account A-2: currency `XQQ` is not an ISO 4217 code',
        'account A-3: time zone `Europe/Atlantis` is not an IANA zone',
        'subscription S-9: number `+380440000009` must be 1 to 15 digits without plus',
        'account A-4: party P-9 does not exist',
        'account A-1: the currency of an account (UAH) cannot change',
        'subscription S-10: account A-9 does not exist',
        'subscription S-11: number 380440000011: `2026-02-30` is neither a date nor an ISO 8601 instant',
        'subscription S-12: number 380440000012: `to` must be after `from`',
      ]);
      expect(await registry.queries.counts()).toEqual(before);
    });

    it('refuses two tariffs for one view and service at the same time', async () => {
      const tariffs: SubscriptionInput['tariffs'] = [
        { view: 'retail', service: 'voice', tariff: 'a', to: '2026-05-01' },
        { view: 'retail', service: 'voice', tariff: 'b', from: '2026-04-30' },
      ];
      expect(await messageOf(change({ ...subscription('S-1', '5'), tariffs }))).toContain('at the same time: a, b');
    });

    it('keeps what it had when the log does not take the change, and gives the same number again', async () => {
      const failed = registry.change([subscription('S-20', '380440000020')], () =>
        Promise.reject(new Error('disk full')),
      );
      expect(await messageOf(failed)).toContain('disk full');
      expect(await registry.queries.subscription('S-20')).toBeNull();
      expect(registry.applied()).toBe(log.at(-1)!.entryNo);
      const highest = Math.max(...[...(await registry.queries.subscriptionIds()).keys()]);
      await change(subscription('S-20', '380440000020'));
      expect((await registry.queries.subscription('S-20'))?.no).toBe(highest + 1);
    });

    it('takes one change after the other when several are asked at once', async () => {
      const results = await Promise.all(
        Array.from({ length: 5 }, (_, i) => change(subscription(`C-${i}`, `38045000000${i}`))),
      );
      const numbers = await Promise.all(
        results.map(async (_, i) => (await registry.queries.subscription(`C-${i}`))!.no),
      );
      expect(new Set(numbers).size).toBe(5);
      expect(results.map(({ entryNo }) => entryNo)).toEqual(
        [...results.map(({ entryNo }) => entryNo)].sort((a, b) => a! - b!),
      );
    });

    it('lists accounts by pages in the order of their ids', async () => {
      await change({ ...account, id: 'A-10' }, { ...account, id: 'A-2' }, { ...account, id: 'B' });
      const first = await registry.queries.accounts({ limit: 3 });
      expect(first.items.map(({ id }) => id)).toEqual(['A-1', 'A-10', 'A-2']);
      expect(first.items[0].partyName).toBe('Olena Koval');
      const second = await registry.queries.accounts({ after: first.next!, limit: 3 });
      expect(second.items.map(({ id }) => id)).toEqual(['B']);
      expect(second.next).toBeNull();
      expect(await registry.queries.accountIds([1])).toEqual(new Map([[1, 'A-1']]));
      expect((await registry.queries.subscriptionsOf(1)).map(({ id }) => id)).toContain('S-1');
      expect((await registry.queries.accountByNo(1))?.id).toBe('A-1');
    });

    it('keeps a list to a division and what lies below it', async () => {
      const of = async (division: string) =>
        (await registry.queries.accounts({ limit: 100, division })).items.map(({ id }) => id);
      await change(
        { ...account, id: 'N-1', division: 'north' },
        { ...account, id: 'N-2', division: 'north/town' },
        { ...account, id: 'N-3', division: 'northern' },
      );
      expect(await of('north')).toEqual(['N-1', 'N-2']);
      expect(await of('north/town')).toEqual(['N-2']);
      expect(await of('')).toEqual(expect.arrayContaining(['A-1', 'N-1', 'N-3']));
    });

    it('declares a personal-data class for every column it stores', async () => {
      const { rows } = await sql<{ table_name: string; column_name: string }>`
      select table_name, column_name from information_schema.columns
       where table_schema = 'public' and table_name not like 'kysely%'`.execute(registry['db']);
      const stored = rows.map((row) => `${row.table_name}.${row.column_name}`).sort();
      const declared = Object.entries(PERSONAL_DATA).flatMap(([table, columns]) =>
        Object.keys(columns).map((column) => `${table}.${column}`),
      );
      expect(stored).toEqual(declared.sort());
    });
  });

  describe(`its log, ${name}`, () => {
    it('brings it back, all of it or what is missing, and says the same', async () => {
      const before = await pictureOf(registry);
      await registry.close();
      registry = await open({ dataDir, bootId: 'one', logged });
      expect(registry.rebuilt).toBe(false);
      expect(registry.applied()).toBe(logged.lastNo);
      expect(await pictureOf(registry)).toEqual(before);
      await registry.roll(log);
      expect(await pictureOf(registry)).toEqual(before);
    });

    it('wins over a database that is further than it, or another one', async () => {
      const before = await pictureOf(registry);
      const last = await change({ ...party, id: 'P-gone' });
      await registry.close();
      // As after a restore from a backup.
      expect(log.pop()!.entryNo).toBe(last.entryNo);
      registry = await open({ dataDir, bootId: 'one', logged });
      expect(registry.applied()).toBe(logged.lastNo);
      expect(await pictureOf(registry)).toEqual(before);
    });

    it('holds a change that the database could not store, and the next change brings it up', async () => {
      const name = async () => (await registry.queries.party('P-1'))!.name;
      const lost = registry.change([{ ...party, name: 'Olena Melnyk' }], async (changes) => {
        await append(changes);
        return 1e300;
      });
      expect(await messageOf(lost)).toContain('REGISTRY_BEHIND');
      expect(await name()).toBe('Olena Koval');
      await change({ ...party, id: 'P-3' });
      expect(await name()).toBe('Olena Melnyk');
      expect(registry.applied()).toBe(logged.lastNo);
      await change(party);
    });
  });

  describe(`attributes, ${name}`, () => {
    it('keeps dated attributes, and refuses two values at one time', async () => {
      const attributes = [
        { name: 'persons', value: '4', from: '2026-03-01' },
        { name: 'benefit', value: 'hero', from: '2026-02-01T00:00:00Z' },
        { name: 'persons', value: '3', to: '2026-03-01' },
      ];
      const home: SubscriptionInput = { kind: 'subscription', id: 'S-home', accountId: 'A-1', attributes };
      await change(home, party, { ...account, attributes: [{ name: 'cycleDay', value: '15' }] });
      const march = Date.UTC(2026, 1, 28, 22);
      const kept = [
        { name: 'benefit', value: 'hero', fromMs: Date.UTC(2026, 1, 1), toMs: null },
        { name: 'persons', value: '3', fromMs: null, toMs: march },
        { name: 'persons', value: '4', fromMs: march, toMs: null },
      ];
      expect((await registry.queries.subscription('S-home'))!.attributes).toEqual(kept);
      expect(log.at(-1)!.changes.at(-1)).toMatchObject({ attributes: kept });
      expect((await registry.queries.account('A-1'))!.attributes).toMatchObject([{ name: 'cycleDay', value: '15' }]);
      expect((await change(home)).unchanged).toBe(1);
      const twice = { ...home, attributes: [...attributes, { name: 'persons', value: '5', from: '2026-04-01' }] };
      expect(await messageOf(change(twice))).toContain('attribute persons has two values at the same time: 4, 5');
      await change(account);
      expect((await registry.queries.account('A-1'))!.attributes).toBeUndefined();
    });
  });
}
