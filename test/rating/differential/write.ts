/** Usage and what the model makes of it, written as a test inside a tariff. */
import type { Fields } from '../model/document.ts';
import { localMs } from '../model/local-time.ts';
import { recordMoney, type settleMonth } from '../model/month.ts';
import type { Case } from './compare.ts';
import type { Tariff } from '../model/tariff.ts';
import type { Outcome, Usage } from '../model/usage.ts';

const UNIT: Record<string, string> = { voice: 'ms', data: 'B', electricity: 'Wh', heat: 'Wh', gas: 'l', water: 'l' };

const sized = ({ service }: Pick<Tariff, 'service'>, size: number | string): string => `${size}${UNIT[service] ?? ''}`;

/** By the clock of the tariff, with its offset. */
function written(ms: number, tariff: Tariff): string {
  const local = localMs(ms, tariff.timeZone);
  const minutes = Math.abs(local - ms) / 60_000;
  const offset = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
  return `${new Date(local).toISOString().slice(0, -1)}${local < ms ? '-' : '+'}${offset}`;
}

function given(tariff: Tariff, usage: Usage): Fields {
  return {
    start: written(usage.startMs, tariff),
    [tariff.timed ? 'duration' : 'quantity']: sized({ service: tariff.metered }, usage.quantity),
    ...(tariff.service === 'data' ? { up: sized(tariff, usage.up) } : {}),
    ...(usage.endMs === undefined ? {} : { end: written(usage.endMs, tariff) }),
    ...Object.fromEntries(
      (['to', 'from', 'forwardedBy', 'direction'] as const)
        .filter((key) => (usage[key] ?? '') !== '')
        .map((key) => [key, usage[key]!]),
    ),
    ...usage.texts,
    ...(usage.attributes === undefined ? {} : { attributes: usage.attributes }),
    ...(tariff.registers === null ? {} : { register: usage.register }),
  };
}

export function writtenUsage(tariff: Tariff, usage: Usage, priced: Outcome): Fields {
  if ('error' in priced) return { given: given(tariff, usage), expect: { error: priced.error }, source: 'computed' };
  const { amount, tax } = recordMoney(tariff, usage, priced);
  const expect: Fields = {
    amount: amount.toString(),
    tax: tax.toString(),
    billed: sized(tariff, String(priced.billed)),
    ...(priced.zone === '' ? {} : { zone: priced.zone }),
    ...(priced.band === '' ? {} : { band: priced.band }),
  };
  return { given: given(tariff, usage), expect, source: 'computed' };
}

export function writtenMonth(
  tariff: Tariff,
  month: NonNullable<Case['month']>,
  usages: readonly Usage[],
  settled: ReturnType<typeof settleMonth>,
): Fields {
  const all = { ...month, usage: usages.map((usage) => given(tariff, usage)) } as Fields;
  if ('error' in settled) return { given: all, expect: { error: settled.error }, source: 'computed' };
  const something = settled.lines.filter(
    ({ quantity, money }) => !quantity.isZero() || !money.amount.isZero() || !money.tax.isZero(),
  );
  const lines = something.map(({ component, zone, band, payer, quantity, money }) => ({
    component,
    ...(zone === '' ? {} : { zone }),
    ...(band === '' ? {} : { band }),
    ...(payer === '' ? {} : { payer }),
    amount: money.amount.toString(),
    tax: money.tax.toString(),
    ...(quantity.isZero() ? {} : { quantity: sized(tariff, quantity.floor().toString()) }),
  }));
  const expect = { amount: settled.total.amount.toString(), tax: settled.total.tax.toString(), lines };
  return { given: all, expect, source: 'computed' };
}
