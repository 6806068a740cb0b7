/** Why a row costs what it costs: the steps that `rateUsage` took, through the same code, in words and data. */
import { errorCode } from '../../platform/errors.ts';
import { formatMicros } from '../../platform/money.ts';
import { TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import { CHARGE_KIND_NAMES, ChargeKind, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { gcd, type Ratio } from '../arithmetic/ratio.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { formatQuantity } from '../language/index.ts';
import type { TariffBook } from './book.ts';
import { Priced, type Segment } from './priced.ts';
import { findVersion, rateRow, zoneOf } from './rate-usage.ts';

export interface Step {
  step:
    | 'version'
    | 'zone'
    | 'band'
    | 'rule'
    | 'quantity'
    | 'segment'
    | 'first'
    | 'setup'
    | 'minimum'
    | 'sum'
    | 'rounding'
    | 'tax'
    | 'error'
    | 'line';
  /** The step in words. */
  text: string;
  /** The same as data: names, base units, micro-units; exact numbers that may be large are strings. */
  data: Record<string, string | number | boolean | null>;
}

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

const OTHER_PARTY = TEXT_FIELDS.indexOf('calledParty');
const REGISTER = TEXT_FIELDS.indexOf('register');

/** Explains one row. The row need not have been rated; nothing is written to it. */
export function explainRating(
  book: TariffBook,
  binding: Int32Array,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
): Explanation {
  const priced = new Priced();
  const segments: Segment[] = [];
  const steps: Step[] = [];
  const version = findVersion(book, binding, usage, row, priced);
  if (version !== undefined) {
    const { tariff } = version;
    rateRow(tariff, usage, records, row, zoneOf(tariff, usage, records, row), priced, segments);
    const record = usage.record[row];
    versionStep(tariff, steps);
    if (priced.zone >= 0 && tariff.hasZones) zoneStep(tariff, priced.zone, records.textOf(OTHER_PARTY, record), steps);
    if (priced.band >= 0) bandStep(tariff, priced.band, usage.startMs[row], records.textOf(REGISTER, record), steps);
    if (priced.rule >= 0) priceSteps(tariff, usage.startMs[row], priced, segments, steps);
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

function versionStep(tariff: CompiledTariff, steps: Step[]): void {
  const { version, model } = tariff;
  steps.push({
    step: 'version',
    text: `Tariff ${version} (${model.title}), in force since ${model.effective} in ${model.timeZone}.`,
    data: { version, title: model.title, effective: model.effective, timeZone: model.timeZone },
  });
}

function zoneStep(tariff: CompiledTariff, zone: number, digits: string, steps: Step[]): void {
  const { names, prefixes, zoneOfPrefix } = tariff.model.zones;
  let prefix = '';
  prefixes.forEach((one, index) => {
    if (zoneOfPrefix[index] === zone && one.length > prefix.length && digits.startsWith(one)) prefix = one;
  });
  const name = names[zone];
  steps.push({
    step: 'zone',
    text: `${digits} begins with ${prefix === '' ? 'no listed prefix' : prefix}: zone ${name}.`,
    data: { digits, prefix, zone: name },
  });
}

function bandStep(tariff: CompiledTariff, band: number, startMs: number, register: string, steps: Step[]): void {
  const name = tariff.model.bands.names[band];
  if (tariff.byRegister) {
    steps.push({ step: 'band', text: `Register ${register}: ${name}.`, data: { register, band: name } });
  } else if (name !== '') {
    const local = localTime(tariff, startMs);
    steps.push({ step: 'band', text: `Start ${local} local time: band ${name}.`, data: { local, band: name } });
  }
}

function priceSteps(tariff: CompiledTariff, startMs: number, priced: Priced, segments: Segment[], steps: Step[]): void {
  const { model } = tariff;
  const rule = model.rules[priced.rule];
  const amounts = { currency: model.currency };
  steps.push({
    step: 'rule',
    text: `Rule ${priced.rule + 1}: ${rule.price.text.price} ${model.currency} per ${rule.price.text.per}.`,
    data: { rule: priced.rule + 1, price: rule.price.text.price, per: rule.price.text.per, ...amounts },
  });
  if (priced.code !== 0) return;
  const show = (quantity: number) => formatQuantity(quantity, model.base);
  steps.push({
    step: 'quantity',
    text: priced.free
      ? `${show(priced.measured)} is less than ${show(rule.price.freeUnder)}: free.`
      : `${show(priced.measured)} ${rule.price.measure === 'total' ? '' : `${rule.price.measure} `}is billed as ${show(priced.billed)}.`,
    data: { measured: priced.measured, billed: priced.billed, unit: model.base, free: priced.free },
  });
  if (priced.free) return;
  if (rule.price.setup.num > 0n) {
    const text = exactMicros(rule.price.setup);
    steps.push({ step: 'setup', text: `Setup fee ${text} ${model.currency}.`, data: { setup: text, ...amounts } });
  }
  for (const segment of segments) steps.push(segmentStep(tariff, startMs, segment));
  const { firstPrice } = rule.price.text;
  if (firstPrice !== '' && priced.billed > 0) {
    const text = `The first ${show(rule.price.first)} cost ${firstPrice} ${model.currency}, whatever the price per ${rule.price.text.per}.`;
    steps.push({ step: 'first', text, data: { first: rule.price.first, price: firstPrice, ...amounts } });
  }
  if (priced.minimumHolds) {
    const text = exactMicros(rule.price.minimum);
    steps.push({
      step: 'minimum',
      text: `Raised to the minimum ${text} ${model.currency}.`,
      data: { minimum: text, ...amounts },
    });
  }
  moneySteps(tariff, priced, steps);
}

function segmentStep(tariff: CompiledTariff, startMs: number, segment: Segment): Step {
  const { model } = tariff;
  const { price } = model.rules[segment.rule];
  const band = model.bands.names[segment.band];
  const exact = exactMicros({ num: price.rate.num * BigInt(segment.billed), den: price.rate.den });
  const rest = segment.billed - (segment.from === 0 ? Math.min(price.first, segment.billed) : 0);
  const count = price.step === 1 ? 1 : rest / price.step + (segment.from === 0 && segment.billed > 0 ? 1 : 0);
  const steps = price.step === 1 ? '' : ` (${count} ${count === 1 ? 'step' : 'steps'})`;
  const from = model.base === 'ms' && tariff.splits ? ` from ${localTime(tariff, startMs + segment.from)}` : '';
  return {
    step: 'segment',
    text:
      `${band === '' ? '' : `${band}${from}: `}${formatQuantity(segment.billed, model.base)}${steps} × ` +
      `${price.text.price} per ${price.text.per} = ${exact} ${model.currency}.`,
    data: {
      band,
      rule: segment.rule + 1,
      from: segment.from,
      billed: segment.billed,
      steps: price.step === 1 ? null : count,
      price: price.text.price,
      per: price.text.per,
      amount: exact,
    },
  };
}

function moneySteps(tariff: CompiledTariff, priced: Priced, steps: Step[]): void {
  const { model, prices } = tariff;
  const sum = exactMicros({ num: priced.numerator(), den: prices.denominator });
  steps.push({ step: 'sum', text: `Exact sum ${sum} ${model.currency}.`, data: { sum } });
  const { mode, decimals } = priced.settled ? { mode: 'half-even', decimals: 6 } : model.rounding;
  const net = priced.amountMicros - priced.taxMicros;
  const rounded = formatMicros(model.tax.included ? priced.amountMicros : net);
  steps.push({
    step: 'rounding',
    text:
      `Rounded ${mode} to ${decimals} decimals: ${rounded} ${model.currency}.` +
      (priced.settled ? ' This is a valuation: the money is posted when the month is settled.' : ''),
    data: { mode, decimals, rounded, at: priced.settled ? 'settlement' : 'record' },
  });
  const [amount, tax] = [formatMicros(priced.amountMicros), formatMicros(priced.taxMicros)];
  steps.push({
    step: 'tax',
    text: `Tax ${model.tax.percentText} % ${model.tax.included ? 'is in it' : 'on top'}: ${tax}; amount ${amount} ${model.currency}.`,
    data: { percent: model.tax.percentText, included: model.tax.included, tax, amount },
  });
}

/** Micro-units as an amount: a decimal where one ends, a fraction where none does. */
export function exactMicros(micros: Ratio): string {
  const divisor = gcd(micros.num, micros.den);
  const [num, den] = [micros.num / divisor, micros.den / divisor];
  if (den === 1n) return formatMicros(num);
  const whole = (num * 1_000_000n) / den;
  const tail = (num * 1_000_000n) % den === 0n ? '' : '…';
  const digits = whole.toString().padStart(13, '0');
  return `${digits.slice(0, -12)}.${digits.slice(-12).replace(/0{1,10}$/, '')}${tail}`;
}

function localTime(tariff: CompiledTariff, utcMs: number): string {
  return new Date(tariff.clock.toLocalMs(utcMs)).toISOString().slice(0, 19);
}
