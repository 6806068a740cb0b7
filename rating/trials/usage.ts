/** The usages of a test as columns, so that examples run through the same code as records. */
import { RecordColumns, TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import { SERVICE_NAMES, UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { TariffFileTestUsage } from '../../schemas/tariff.ts';
import type { ZoneClock } from '../../platform/time-zone.ts';
import { DAY_MS, dayOfDate } from '../arithmetic/calendar.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { parseQuantity } from '../language/index.ts';

const OTHER_PARTY = TEXT_FIELDS.indexOf('calledParty');
const REGISTER = TEXT_FIELDS.indexOf('register');

export interface TestColumns {
  usage: UsageColumns;
  records: RecordColumns;
  /** The tariff under test is number 0. */
  tariffNames: string[];
}

export function testColumns(tariff: CompiledTariff, usages: readonly TariffFileTestUsage[]): TestColumns {
  const encoder = new TextEncoder();
  const texts = usages.flatMap((usage) => [encoder.encode(usage.to ?? ''), encoder.encode(usage.register ?? '')]);
  const records = new RecordColumns(
    0,
    usages.length,
    texts.reduce((sum, text) => sum + text.length, 0),
  );
  const usage = new UsageColumns(Math.max(1, usages.length));
  const { base } = tariff.model;
  const quantity = (text: string | undefined) => (text === undefined ? 0 : (parseQuantity(text, base) as number));
  usages.forEach((given, index) => {
    const row = usage.push();
    [OTHER_PARTY, REGISTER].forEach((field, side) => {
      const text = texts[2 * index + side];
      records.text.set(text, records.arenaEnd);
      records.textOffset[field][index] = records.arenaEnd;
      records.textLength[field][index] = text.length;
      records.arenaEnd += text.length;
    });
    records.count++;
    const startMs = momentMs(given.start, tariff.clock);
    const total = quantity(given.duration ?? given.quantity);
    usage.record[row] = index;
    usage.serviceNo[row] = SERVICE_NAMES.indexOf(tariff.model.service);
    usage.tariffNo[row] = 0;
    usage.startMs[row] = startMs;
    usage.endMs[row] = base === 'ms' ? startMs + total : startMs;
    usage.quantity[row] = total;
    usage.quantityUp[row] = quantity(given.up);
  });
  return { usage, records, tariffNames: [tariff.name] };
}

/** `2026-10-14`, `2026-10-14T17:58:30`: the tariff's clock, the earlier of two when it goes back; with Z or offset: as it says. */
export function momentMs(text: string, clock: ZoneClock): number {
  if (/(Z|[+-]\d\d:\d\d)$/.test(text.slice(10))) return Date.parse(text.replace(' ', 'T'));
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(11).split(':').filter(Boolean).map(Number);
  const timeMs = Math.round((hours * 3600 + minutes * 60 + seconds) * 1000);
  return clock.toUtcMs(dayOfDate(text.slice(0, 10)) * DAY_MS + timeMs, 'earlier');
}
