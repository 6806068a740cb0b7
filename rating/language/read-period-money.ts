/** `period`: what is taken of other lines: surcharges, discounts, benefits, commitments. */
import { microsRatio } from '../arithmetic/ratio.ts';
import type { BenefitModel, CommitmentModel, ShareModel } from './period-model.ts';
import { percentRatio, type Item, type Path, type PeriodReader } from './read-period-common.ts';

export function readShare(reader: PeriodReader, item: Item<'discounts'>, path: Path, sign: 1n | -1n): ShareModel {
  const share = percentRatio(item.percent);
  if (share.num < 0n) reader.mistakes.add([...path, 'percent'], 'It is negative.', 'Write how much, without sign.');
  if (item.mode !== undefined && item.above === undefined) {
    reader.mistakes.add([...path, 'mode'], '`mode` says nothing without `above`.', 'Add `above` or remove it.');
  }
  return {
    ...reader.common(item, path),
    share: { num: sign * share.num, den: share.den },
    text: item.percent,
    of: listOf(item.of),
    above: item.above === undefined ? null : microsRatio(item.above),
    mode: item.mode ?? 'whole',
  };
}

export function readBenefit(reader: PeriodReader, item: Item<'benefits'>, path: Path): BenefitModel {
  const { norm } = item;
  const categories = Object.entries(item.categories).map(([name, percent]) => {
    const share = percentRatio(percent);
    if (share.num < 0n || share.num > share.den) {
      reader.mistakes.add([...path, 'categories', name], 'It is not from 0 to 100 percent.', 'Correct it.');
    }
    return [name, { share, text: percent }] as const;
  });
  const quantity = (key: 'quantity' | 'each' | 'atMost', otherwise: number) =>
    norm?.[key] === undefined ? otherwise : reader.quantity(norm[key], [...path, 'norm', key]);
  return {
    ...reader.common(item, path, [norm?.times]),
    payer: item.payer,
    attribute: item.attribute,
    categories: new Map(categories),
    of: listOf(item.of),
    norm:
      norm === undefined
        ? null
        : {
            quantity: quantity('quantity', 0),
            each: quantity('each', 0),
            times: norm.times ?? null,
            included: Number(norm.included ?? 1),
            atMost: quantity('atMost', Infinity),
          },
  };
}

export function readCommitment(reader: PeriodReader, item: Item<'commitments'>, path: Path): CommitmentModel {
  const { minimum, maximum } = item;
  if (minimum === undefined && maximum === undefined) {
    reader.mistakes.add(path, 'It has neither `minimum` nor `maximum`.', 'Write one of them.');
  }
  const [least, most] = [minimum, maximum].map((text) => (text === undefined ? null : microsRatio(text)));
  if (least !== null && most !== null && least.num * most.den > most.num * least.den) {
    reader.mistakes.add([...path, 'maximum'], 'It is less than `minimum`.', 'Correct one of them.');
  }
  return {
    ...reader.common(item, path),
    minimum: least,
    maximum: most,
    of: listOf(item.of),
    prorate: item.prorate ?? 'days',
  };
}

function listOf(names: string | readonly string[] | undefined): string[] | null {
  return names === undefined ? null : [names].flat();
}
