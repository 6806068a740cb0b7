/** Steps from the rule to the amount. */
import { formatMicros } from '../../platform/money.ts';
import { gcd, type Ratio } from '../arithmetic/ratio.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { formatQuantity, parseQuantity, type PriceModel } from '../language/index.ts';
import { bandTime } from './explain-place.ts';
import type { Priced, Segment } from './priced.ts';
import type { Step } from './step.ts';

export function priceSteps(tariff: CompiledTariff, priced: Priced, segments: Segment[], steps: Step[]): void {
  const { model } = tariff;
  const { price } = model.rules[priced.rule];
  const amounts = { currency: model.currency };
  const { per, percent } = price.text;
  steps.push({
    step: 'rule',
    text: `Rule ${priced.rule + 1}: ${ruleText(tariff, price)}.`,
    data: { rule: priced.rule + 1, price: price.text.price, per, ...amounts },
  });
  if (priced.code !== 0) return;
  const show = (quantity: number) => formatQuantity(quantity, model.base);
  steps.push({
    step: 'quantity',
    text: priced.free
      ? `${show(priced.measured)} is less than ${show(price.freeUnder)}: free.`
      : `${show(priced.measured)} ${price.measure === 'total' ? '' : `${price.measure} `}is billed as ${show(priced.billed)}.`,
    data: { measured: priced.measured, billed: priced.billed, unit: model.base, free: priced.free },
  });
  if (priced.free) return;
  if (priced.later) {
    const text = 'A later part of a divided usage: setup fee, first block and minimum are in the first one.';
    steps.push({ step: 'part', text, data: { later: true } });
  }
  if (percent !== '') {
    const text = `${percent.startsWith('-') ? 'Discount' : 'Surcharge'} of ${percent.replace('-', '')} % on prices and setup fee.`;
    steps.push({ step: 'percent', text, data: { percent } });
  }
  if (price.setup.num > 0n && !priced.later) {
    const text = exactMicros(price.setup);
    steps.push({ step: 'setup', text: `Setup fee ${text} ${model.currency}.`, data: { setup: text, ...amounts } });
  }
  for (const segment of segments) steps.push(segmentStep(tariff, segment));
  const { firstPrice } = price.text;
  if (firstPrice !== '' && priced.billed > 0 && !priced.later) {
    const text = `The first ${show(price.first)} cost ${firstPrice} ${model.currency}, whatever the price per ${per}.`;
    steps.push({ step: 'first', text, data: { first: price.first, price: firstPrice, ...amounts } });
  }
  if (priced.minimumHolds) {
    const text = exactMicros(price.minimum);
    steps.push({
      step: 'minimum',
      text: `Raised to the minimum ${text} ${model.currency}.`,
      data: { minimum: text, ...amounts },
    });
  }
  capSteps(tariff, price, priced, steps);
  moneySteps(tariff, priced, steps);
}

function ruleText({ model }: CompiledTariff, price: PriceModel): string {
  const { text, tiers, series, whole } = price;
  if (tiers.length > 0) {
    const parts = tiers.map((tier) => {
      const end = tier.upTo === Infinity ? 'above' : `up to ${formatQuantity(tier.upTo, model.base)}`;
      return `${end} ${tier.text.price} per ${tier.text.per}`;
    });
    return `${parts.join(', ')} (${model.currency}${whole ? '; the tier that is reached prices all of it' : ''})`;
  }
  if (series >= 0) {
    const { name, per } = model.series[series];
    const added = text.price === '0' ? '' : ` and ${text.price} ${model.currency} per ${text.per}`;
    return `price of the time from ${name}, per ${formatQuantity(per, model.base)}${added}`;
  }
  const amount = text.share === '' ? `${text.price} ${model.currency}` : `${text.share} ${model.currency}`;
  return `${amount} per ${text.per}`;
}

function segmentStep(tariff: CompiledTariff, segment: Segment): Step {
  const { model, prices } = tariff;
  const { price } = model.rules[segment.rule];
  const tier = price.tiers[segment.row - prices.tierRow[segment.rule]];
  const { band: number, from, billed, rate } = segment;
  const band = model.bands.names[number];
  const exact = exactMicros({ num: rate * BigInt(billed), den: prices.denominator });
  const step = prices.step[segment.row];
  const isFirst = from === 0 && billed > 0 && model.base === 'ms' && price.first > 0;
  const rest = billed - (isFirst ? Math.min(price.first, billed) : 0);
  const count = step === 1 ? null : Math.ceil(rest / step) + (isFirst ? 1 : 0);
  const counted = count === null || tier !== undefined ? '' : ` (${count} ${count === 1 ? 'step' : 'steps'})`;
  const divided = tariff.splits || tariff.divides || price.series >= 0;
  const since = divided ? ` from ${bandTime(tariff, segment.atMs)}` : '';
  const where = `${band}${since}`.trim();
  const { text } = tier ?? price;
  const unit =
    price.series < 0 && price.text.share === ''
      ? `${text.price} per ${text.per}`
      : `${exactMicros({ num: rate * BigInt(perOf(model, price)), den: prices.denominator })} per ${formatQuantity(perOf(model, price), model.base)}`;
  return {
    step: 'segment',
    text: `${where === '' ? '' : `${where}: `}${formatQuantity(billed, model.base)}${counted} × ${unit} = ${exact} ${model.currency}.`,
    data: {
      band,
      rule: segment.rule + 1,
      tier: tier === undefined ? null : segment.row - prices.tierRow[segment.rule] + 1,
      from,
      billed,
      steps: count,
      price: text.price,
      per: text.per,
      rate: exactMicros({ num: rate, den: prices.denominator }),
      amount: exact,
    },
  };
}

function perOf(model: CompiledTariff['model'], price: PriceModel): number {
  return price.series >= 0 ? model.series[price.series].per : (parseQuantity(price.text.per, model.base) as number);
}

function capSteps({ model, prices }: CompiledTariff, price: PriceModel, priced: Priced, steps: Step[]): void {
  if (price.cap === null) return;
  const cap = exactMicros(price.cap);
  if (price.atCap === 'disconnect') {
    const text = `The cap of ${cap} ${model.currency} limits what is authorised; what was used costs its price.`;
    steps.push({ step: 'cap', text, data: { cap, atCap: 'disconnect', uncapped: null } });
  } else if (priced.uncapped !== null) {
    const uncapped = exactMicros({ num: priced.uncapped, den: prices.denominator });
    const text = `Capped: ${cap} ${model.currency} in place of ${uncapped}.`;
    steps.push({ step: 'cap', text, data: { cap, atCap: 'free', uncapped } });
  }
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
    data: { mode, decimals, rounded, at: priced.settled ? 'settlement' : model.rounding.at },
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
  if (micros.num < 0n) return `-${exactMicros({ num: -micros.num, den: micros.den })}`;
  const divisor = gcd(micros.num, micros.den);
  const [num, den] = [micros.num / divisor, micros.den / divisor];
  if (den === 1n) return formatMicros(num);
  const whole = (num * 1_000_000n) / den;
  const tail = (num * 1_000_000n) % den === 0n ? '' : '…';
  const digits = whole.toString().padStart(13, '0');
  return `${digits.slice(0, -12)}.${digits.slice(-12).replace(/0{1,10}$/, '')}${tail}`;
}
