import { Type, type Static } from 'typebox';
import { SERVICE_NAMES } from '../columns/usage-columns.ts';
import {
  AccountId,
  ChargeId,
  closed,
  EntryNo,
  Instant,
  Money,
  pageOf,
  pageQuery,
  Period,
  RecordAddress,
  spanQuery,
} from './common.ts';

export const ChargesQuery = Type.Object(
  {
    account: Type.Optional(AccountId),
    service: Type.Optional(Type.Enum([...SERVICE_NAMES])),
    ...spanQuery,
    ...pageQuery,
  },
  closed,
);

export const ChargeItem = Type.Object({
  id: ChargeId,
  postedEntry: Type.Integer({ description: 'Log entry that produced the row' }),
  sign: Type.Integer({ description: '1 for a charge, -1 for a reversal' }),
  kind: Type.Enum(['record', 'valuation', 'settlement'], { description: 'Sums of money leave valuations out' }),
  account: Type.String(),
  subscription: Type.String(),
  view: Type.String(),
  service: Type.String(),
  startAt: Instant,
  endAt: Instant,
  identity: Type.String(),
  quantity: Type.Integer(),
  quantityUp: Type.Integer(),
  unit: Type.String(),
  party: Type.String(),
  otherParty: Type.String(),
  zone: Type.String(),
  band: Type.String(),
  tariff: Type.String({ description: 'name@effective date' }),
  component: Type.String(),
  billed: Type.Integer({ description: 'Quantity after minimum and rounding up to increments' }),
  currency: Type.String(),
  amount: Money,
  tax: Money,
  servicePeriod: Period,
  postingPeriod: Period,
  corrects: Type.Union([Type.String(), Type.Null()], { description: 'The charge that this one reverses or corrects' }),
});
export type ChargeItem = Static<typeof ChargeItem>;
export const ChargePage = pageOf(ChargeItem);

export const ExplainStep = Type.Object({
  step: Type.String({ description: 'What was applied: version, zone, band, rule, quantity, rounding, tax...' }),
  text: Type.String({ description: 'One sentence for people' }),
  data: Type.Record(Type.String(), Type.Unknown(), { description: 'The figures of the step' }),
});

export const RecordPlace = Type.Object({
  address: RecordAddress,
  source: Type.String(),
  format: Type.String(),
  file: Type.Union([Type.String(), Type.Null()], { description: 'Name of the file; null when pushed' }),
  fileEntry: Type.Union([EntryNo, Type.Null()]),
  byteOffset: Type.Integer({ description: 'Where the record starts in the source' }),
  byteLength: Type.Integer(),
  acceptedAt: Instant,
  text: Type.String({ description: 'The record’s bytes, as UTF-8 with replacement characters' }),
});

export const CoveredUsage = Type.Object({
  charge: ChargeId,
  startAt: Instant,
  quantity: Type.Integer(),
});

export const Explanation = Type.Object({
  charge: ChargeItem,
  /** Null on a settlement charge. */
  record: Type.Union([RecordPlace, Type.Null()]),
  steps: Type.Array(ExplainStep),
  covers: Type.Array(CoveredUsage, { description: 'Settlement: the usages it covers, in order' }),
  coversTotal: Type.Integer({ description: 'How many it covers in all; `covers` may be cut' }),
});
export type Explanation = Static<typeof Explanation>;
export type ExplainStep = Static<typeof ExplainStep>;
export type RecordPlace = Static<typeof RecordPlace>;
