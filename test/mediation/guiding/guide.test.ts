import { describe, expect, it } from 'vitest';
import { compileGuiding, explainGuiding, guide, prepareGuiding } from '../../../mediation/guiding/index.ts';
import { errorCode } from '../../../platform/errors.ts';
import { Lookup, type RegistryChange } from '../../../registry/index.ts';
import { DISPOSITION_NAMES, TEXT_FIELDS } from '../../../schemas/columns/record-columns.ts';
import { NO_TEXT_FIELD, SERVICE_NAMES, UsageColumns } from '../../../schemas/columns/usage-columns.ts';
import { formatOf, sliceOf, type GivenRecord } from './slice.ts';

const JANUARY = Date.UTC(2026, 0, 1);
const MARCH = Date.UTC(2026, 2, 1);
const JUNE = Date.UTC(2026, 5, 1);

const rules = `
guiding: town
rules:
  - class: call.originating
    when: { format: [exchange] }
    views:
      - { view: retail, by: [accountCode, callingParty] }
      - { view: interconnect, by: [trunkOut], required: false }
  - class: call.tollFree
    views: [{ view: retail, by: [calledParty] }]
  - class: call.transit
    views:
      - { view: interconnectIn, by: [trunkIn], required: false }
      - { view: interconnect, by: [trunkOut], required: false }
  - class: call.terminating
    views: []
    reason: the called side pays nothing
  - class: reading.*
    views: [{ view: retail, by: [meter] }]
`;
const plan = compileGuiding(prepareGuiding(rules));

const format = formatOf('exchange', [
  { name: 'call.originating', kind: 'usage', service: 'voice' },
  { name: 'call.tollFree', kind: 'usage', service: 'voice' },
  { name: 'call.transit', kind: 'usage', service: 'voice' },
  { name: 'call.terminating', kind: 'usage', service: 'voice' },
  { name: 'reading.day', kind: 'registerReading', service: 'electricity' },
  { name: 'call.forwarded', kind: 'usage', service: 'voice' },
  { name: 'trailer', kind: 'context' },
]);
const [ORIGINATING, TOLL_FREE, TRANSIT, TERMINATING, READING, FORWARDED, TRAILER] = [0, 1, 2, 3, 4, 5, 6];

const open = { fromMs: null, toMs: null };
const base = { kind: 'subscription', usagePoint: false, division: 'root' } as const;
const registry: RegistryChange[] = [
  {
    ...base,
    id: 'S-1',
    no: 1,
    accountNo: 11,
    identifiers: [
      { kind: 'number', value: '380441', fromMs: JANUARY, toMs: MARCH },
      { kind: 'accountCode', value: 'sales', ...open },
    ],
    tariffs: [{ view: 'retail', service: 'voice', tariff: 'town-calls', ...open }],
  },
  {
    ...base,
    id: 'S-2',
    no: 2,
    accountNo: 12,
    identifiers: [
      { kind: 'number', value: '380441', fromMs: MARCH, toMs: JUNE },
      { kind: 'numberRange', value: '800100-800199', ...open },
    ],
    tariffs: [{ view: 'retail', service: 'voice', tariff: 'business', ...open }],
  },
  {
    ...base,
    id: 'T-1',
    no: 3,
    accountNo: 13,
    identifiers: [{ kind: 'trunk', value: 'north', ...open }],
    tariffs: [{ view: 'interconnect', service: 'voice', tariff: 'transit', fromMs: MARCH, toMs: null }],
  },
  {
    ...base,
    id: 'U-1',
    no: 4,
    accountNo: 14,
    usagePoint: true,
    identifiers: [{ kind: 'meter', value: '00042', ...open, multiplier: 40, digits: 6 }],
    tariffs: [{ view: 'retail', service: 'electricity', tariff: 'home', ...open }],
  },
];
const lookup = new Lookup();
lookup.apply(registry);

function outcome(...given: GivenRecord[]) {
  const records = sliceOf(given);
  const usage = new UsageColumns(1);
  guide(plan, lookup, format, records, usage);
  return {
    dispositions: Array.from(records.disposition.subarray(0, records.count), (no) => DISPOSITION_NAMES[no]),
    codes: Array.from(records.code.subarray(0, records.count), (no) => (no === 0 ? '' : errorCode(no))),
    faults: Array.from(records.faultField.subarray(0, records.count)),
    rows: Array.from({ length: usage.count }, (_, row) => ({
      record: usage.record[row],
      view: plan.views[usage.viewNo[row]],
      service: SERVICE_NAMES[usage.serviceNo[row]],
      account: usage.accountNo[row],
      subscription: usage.subscriptionNo[row],
      tariff: lookup.tariffNames[usage.tariffNo[row]],
      party: TEXT_FIELDS[usage.partyField[row]],
      other: usage.otherField[row] === NO_TEXT_FIELD ? null : TEXT_FIELDS[usage.otherField[row]],
    })),
  };
}
const call = (startMs: number, texts: GivenRecord['texts'], classNo = ORIGINATING): GivenRecord => ({
  classNo,
  startMs,
  texts,
});

describe('guiding', () => {
  it('charges whoever carried the number when the call began', () => {
    const texts = { callingParty: '380441', calledParty: '112' };
    const { rows, dispositions } = outcome(call(JANUARY, texts), call(MARCH - 1, texts), call(MARCH, texts));
    expect(rows.map(({ account, tariff }) => [account, tariff])).toEqual([
      [11, 'town-calls'],
      [11, 'town-calls'],
      [12, 'business'],
    ]);
    expect(rows[0]).toEqual({
      record: 0,
      view: 'retail',
      service: 'voice',
      account: 11,
      subscription: 1,
      tariff: 'town-calls',
      party: 'callingParty',
      other: 'calledParty',
    });
    expect(dispositions).toEqual(['usable', 'usable', 'usable']);
  });

  it('takes the first key that is present and found', () => {
    const { rows } = outcome(
      call(MARCH, { accountCode: 'sales', callingParty: '380441', calledParty: '112' }),
      call(MARCH, { accountCode: 'unknown', callingParty: '380441' }),
    );
    expect(rows.map(({ account, party, other }) => [account, party, other])).toEqual([
      [11, 'accountCode', 'calledParty'],
      [12, 'callingParty', null],
    ]);
  });

  it('gives a row per view, and leaves out an optional view without an owner', () => {
    const texts = { callingParty: '380441', calledParty: '44' };
    const { rows } = outcome(
      call(MARCH, { ...texts, trunkOut: 'north' }),
      call(MARCH, { ...texts, trunkOut: 'south' }),
    );
    expect(rows.map(({ record, view, account }) => [record, view, account])).toEqual([
      [0, 'retail', 12],
      [0, 'interconnect', 13],
      [1, 'retail', 12],
    ]);
  });

  it('suspends with the reason and takes back the rows of other views', () => {
    const { rows, dispositions, codes, faults } = outcome(
      call(JANUARY, { callingParty: '999' }),
      call(JUNE, { callingParty: '380441' }),
      call(JANUARY, {}),
      // The owner of the trunk is known, but has no tariff before March: optional or not, that is a hole.
      call(JANUARY, { callingParty: '380441', trunkOut: 'north' }),
      call(JANUARY, { accountCode: 'sales' }, FORWARDED),
      call(JANUARY, { trunkIn: 'east', trunkOut: 'west' }, TRANSIT),
    );
    expect(codes).toEqual([
      'GUIDE_NO_OWNER',
      'GUIDE_OWNER_NOT_THEN',
      'GUIDE_NO_OWNER',
      'GUIDE_NO_TARIFF',
      'GUIDE_NO_RULE',
      'GUIDE_NO_OWNER',
    ]);
    expect(new Set(dispositions)).toEqual(new Set(['suspended']));
    expect(faults).toEqual([2, 2, 0, 4, 0, 4]);
    expect(rows).toEqual([]);
  });

  it('filters classes that need no owner, and leaves what was decided before it alone', () => {
    const records = sliceOf([
      call(JANUARY, {}, TERMINATING),
      call(JANUARY, {}, TRAILER),
      call(JANUARY, { callingParty: '380441' }),
    ]);
    records.disposition[2] = DISPOSITION_NAMES.indexOf('rejected');
    guide(plan, lookup, format, records, new UsageColumns());
    expect(Array.from(records.disposition.subarray(0, 3), (no) => DISPOSITION_NAMES[no])).toEqual([
      'filtered',
      'absorbed',
      'rejected',
    ]);
  });

  it('charges the called side of toll-free calls, by a number range too, and the meter of a reading', () => {
    const { rows } = outcome(
      call(MARCH, { callingParty: '380441', calledParty: '800150' }, TOLL_FREE),
      call(MARCH, { meter: '00042' }, READING),
    );
    expect(rows.map(({ account, service, party, other }) => [account, service, party, other])).toEqual([
      [12, 'voice', 'calledParty', 'callingParty'],
      [14, 'electricity', 'meter', null],
    ]);
  });

  it('guides a record among many of other classes as it does alone', () => {
    const numbers = ['380441', '800150', '800200', '', '380442'];
    const given = Array.from({ length: 1000 }, (_, i): GivenRecord => ({
      classNo: (i * 5) % format.classes.length,
      startMs: [JANUARY, MARCH, JUNE][i % 3]! + i,
      texts: {
        accountCode: i % 11 === 0 ? 'sales' : '',
        callingParty: numbers[i % 5]!,
        calledParty: numbers[(i * 3) % 5]!,
        trunkIn: i % 2 === 0 ? 'north' : '',
        trunkOut: i % 4 === 0 ? 'north' : 'south',
        meter: i % 3 === 0 ? '00042' : '',
      },
    }));
    const together = outcome(...given);
    const alone = given.map((one) => outcome(one));
    expect(together).toEqual({
      dispositions: alone.flatMap(({ dispositions }) => dispositions),
      codes: alone.flatMap(({ codes }) => codes),
      faults: alone.flatMap(({ faults }) => faults),
      rows: alone.flatMap(({ rows }, record) => rows.map((row) => ({ ...row, record }))),
    });
    expect(new Set(together.rows.map(({ subscription }) => subscription)).size).toBe(4);
    expect(new Set(together.codes).size).toBeGreaterThan(3);
  });

  it('uses a rule only for the formats it names', () => {
    const records = sliceOf([call(JANUARY, { callingParty: '380441' })]);
    guide(plan, lookup, { ...format, name: 'asterisk' }, records, new UsageColumns());
    expect(errorCode(records.code[0])).toBe('GUIDE_NO_RULE');
  });

  it('explains its steps and changes nothing', () => {
    const records = sliceOf([
      call(MARCH, { accountCode: 'nobody', callingParty: '380441', trunkOut: 'south' }),
      call(JUNE, { callingParty: '380441' }),
      call(JUNE, {}, TERMINATING),
    ]);
    expect(explainGuiding(plan, lookup, format, records, 0)).toEqual([
      'class call.originating of format exchange: rule 1 of town (call.originating)',
      'view retail: accountCode nobody belongs to nobody',
      'view retail: callingParty 380441 belonged to subscription no. 2, account no. 12 at 2026-03-01T00:00:00.000Z',
      'view retail: tariff business for voice',
      'view interconnect: trunkOut south belongs to nobody',
      'view interconnect is not required and is left out',
      'guided in 1 view(s)',
    ]);
    expect(explainGuiding(plan, lookup, format, records, 1).at(-1)).toBe('suspended: GUIDE_OWNER_NOT_THEN');
    expect(explainGuiding(plan, lookup, format, records, 2).at(-1)).toBe(
      'needs no owner: the called side pays nothing',
    );
    expect(Array.from(records.disposition.subarray(0, 3))).toEqual([0, 0, 0]);
  });
});
