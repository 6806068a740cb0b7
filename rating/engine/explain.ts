/** Why a row costs what it costs: the steps that `rateUsage` took, through the same code, in words and data. */
import { errorCode } from '../../platform/errors.ts';
import { TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import { CHARGE_KIND_NAMES, ChargeKind, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { NO_FACTS, type RatingFacts } from '../../schemas/rating-facts.ts';
import type { TariffBook } from './book.ts';
import { bandStep, energyStep, conditionStep, versionStep, zoneStep } from './explain-place.ts';
import { priceSteps } from './explain-price.ts';
import { Priced, type Segment } from './priced.ts';
import { findVersion, rateRow } from './rate-usage.ts';
import type { Step } from './step.ts';

export interface Explanation {
  version: string;
  zone: string;
  band: string;
  billed: number;
  kind: (typeof CHARGE_KIND_NAMES)[number];
  currency: string;
  amountMicros: number;
  taxMicros: number;
  /** Why there is no amount; '' when there is one. */
  code: string;
  steps: Step[];
}

const REGISTER = TEXT_FIELDS.indexOf('register');

/** Explains one row. The row need not have been rated; nothing is written to it. */
export function explainRating(
  book: TariffBook,
  binding: Int32Array,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
  facts: RatingFacts = NO_FACTS,
): Explanation {
  const priced = new Priced();
  priced.asked = { usage, records, facts, row };
  priced.later = usage.part[row] === 1;
  const segments: Segment[] = [];
  const steps: Step[] = [];
  const version = findVersion(book, binding, usage, row, priced);
  if (version !== undefined) {
    const { tariff } = version;
    rateRow(tariff, usage, records, row, priced, segments);
    const record = usage.record[row];
    versionStep(tariff, steps);
    if (priced.zone >= 0 && tariff.hasZones) {
      zoneStep(tariff, priced.zone, records.textOf(tariff.zoneField, record), steps);
    }
    if (priced.band >= 0) bandStep(tariff, priced.band, usage.startMs[row], records.textOf(REGISTER, record), steps);
    if (tariff.model.energy !== null && priced.band >= 0) energyStep(tariff, usage, row, priced, steps);
    if (priced.rule >= 0) {
      conditionStep(tariff, priced.rule, steps);
      priceSteps(tariff, priced, segments, steps);
    }
  }
  if (priced.code !== 0) {
    const code = errorCode(priced.code);
    steps.push({ step: 'error', text: `The usage cannot be priced: ${code}.`, data: { code } });
  }
  const rated = priced.code === 0;
  return {
    version: version?.tariff.version ?? '',
    zone: priced.zone < 0 ? '' : version!.tariff.model.zones.names[priced.zone],
    band: priced.band < 0 ? '' : version!.tariff.model.bands.names[priced.band],
    billed: rated ? priced.billed : 0,
    kind: CHARGE_KIND_NAMES[rated ? (priced.settled ? ChargeKind.valuation : ChargeKind.record) : 0],
    currency: version?.tariff.model.currency ?? '',
    amountMicros: rated ? priced.amountMicros : 0,
    taxMicros: rated ? priced.taxMicros : 0,
    code: rated ? '' : errorCode(priced.code),
    steps,
  };
}
