/** Data by its rate: the sample that so many percent of all samples of a cycle do not exceed. */
import { product } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import type { PercentileModel } from '../language/index.ts';
import { whole } from './exact.ts';
import { decimal } from './fees.ts';
import { exactSigned } from './line.ts';
import type { Part } from './member.ts';
import type { Settlement } from './settlement.ts';
import { startOfDay } from './spans.ts';
import type { Use } from './use.ts';
import { byWindow } from './windows.ts';

const MEASURES: Record<'total' | 'up' | 'down', (use: Use) => number> = {
  total: ({ usage }) => usage.quantity,
  up: ({ usage }) => usage.quantityUp,
  down: ({ usage }) => usage.quantity - usage.quantityUp,
};

export function addPercentile(settlement: Settlement, version: BookVersion): void {
  for (const model of version.tariff.model.period.percentile) {
    for (const { lead, part, uses } of settlement.parts(version, model)) {
      if (uses.length === 0) continue;
      const ways = model.measure === 'larger' ? (['up', 'down'] as const) : ([model.measure] as const);
      const bitsPerSecond = Math.max(...ways.map((way) => sampleOf(model, part, uses, MEASURES[way])));
      const { cycle, share } = part;
      const of = { subscription: lead.subscription, version, cycle, component: model.component };
      const line = settlement.lines.line('measured', of);
      const micros = product(product(whole(bitsPerSecond), model.price.rate), share);
      line.add(micros);
      line.unit = 'bit/s';
      line.quantity = Math.max(line.quantity, bitsPerSecond);
      for (const { usage } of uses) line.mention(usage.identity, usage.quantity);
      const { text } = model.price;
      line.steps.push({
        step: 'quantity',
        text:
          `${decimal(model.percent)}th percentile of ${samples(model, part)} samples: ${bitsPerSecond} bit/s ` +
          `× ${text.price} per ${text.per} = ${exactSigned(micros)}.`,
        data: { percent: decimal(model.percent), samples: samples(model, part), bitsPerSecond, ...text },
      });
    }
  }
}

function samples({ windowMs }: PercentileModel, { version, first, end }: Part): number {
  return Math.ceil((startOfDay(version, end) - startOfDay(version, first)) / windowMs);
}

/** Whole bits per second. Samples without usage are zero; the highest ones above the percentile do not count. */
function sampleOf(model: PercentileModel, part: Part, uses: readonly Use[], measure: (use: Use) => number): number {
  const { windowMs, percent } = model;
  const left = 100n * percent.den - percent.num;
  const dropped = Number((BigInt(samples(model, part)) * left) / (100n * percent.den));
  const sorted = byWindow(uses, windowMs, measure)
    .map(({ quantity }) => quantity)
    .sort((a, b) => b - a);
  return Number((BigInt(sorted[dropped] ?? 0) * 8000n) / BigInt(windowMs));
}
