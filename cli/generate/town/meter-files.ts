/** Readings of the town's meters as CSV: register values, and quarter hours. */
import { stampText } from './local-time.ts';
import { FileBuilder, type TownFile } from './outcome.ts';
import { DAY_MS, QUARTER_MS, type IntervalValue, type RegisterValue } from './readings.ts';

/** `2026-10-15 00:00` on the town's clock. */
const minuteText = (utcMs: number): string => stampText(utcMs).slice(0, 16);

function decimal(thousandths: number): string {
  return `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}`;
}

function registerLine(value: RegisterValue, unit: string, shown = decimal(value.thousandths)): string {
  return `${value.meter},${value.register},${minuteText(value.atMs)},${shown},${unit},actual\n`;
}

/**
 * All meters at the begin of the day, which is context, then all at its end. Faults: a meter nobody has, a value that
 * is none, a line sent twice, and at noon a misread value below the one before.
 */
export function registerFile(
  source: string,
  name: string,
  values: readonly RegisterValue[],
  unit: 'kWh' | 'm3',
): TownFile {
  const file = new FileBuilder();
  file.addPlain('meter,register,readAt,value,unit,quality\n');
  const ordered = [...values].sort((left, right) => left.atMs - right.atMs);
  const firstMs = ordered[0].atMs;
  for (const value of ordered) file.add(registerLine(value, unit), value.atMs === firstMs ? 'absorbed' : 'rated');

  const ends = ordered.filter((value) => value.atMs > firstMs);
  file.addFault(registerLine({ ...ends[4], meter: 'X999999' }, unit), 'GUIDE_NO_OWNER');
  file.addFault(registerLine({ ...ends[6], atMs: firstMs + DAY_MS / 4 }, unit, 'illegible'), 'DECODE_NUMBER');
  file.add(registerLine(ends[8], unit), 'duplicate');
  const misread = { ...ends[10], atMs: firstMs + DAY_MS / 2, thousandths: ends[10].thousandths - 15_000 };
  file.addFault(registerLine(misread, unit), 'READING_BACKWARDS');
  return file.build(source, name);
}

function intervalLine(value: IntervalValue, quality: 'actual' | 'estimated'): string {
  return `${value.meter},1.8.0,${minuteText(value.startMs)},,15,${decimal(value.wattHours)},kWh,${quality}\n`;
}

/** Faults: a value without its period, a meter nobody has; and an estimate that the real value replaces. */
export function intervalFile(source: string, name: string, values: readonly IntervalValue[]): TownFile {
  const file = new FileBuilder();
  file.addPlain('meter,channel,start,end,minutes,value,unit,quality\n');
  values.forEach((value, index) => {
    if (index === 30) file.add(intervalLine({ ...value, wattHours: 100 }, 'estimated'), 'superseded');
    file.add(intervalLine(value, 'actual'), 'rated');
  });
  const last = values.at(-1)!;
  const next = { ...last, startMs: last.startMs + QUARTER_MS };
  file.addFault(intervalLine(next, 'actual').replace(',15,', ',,'), 'DECODE_REQUIRED');
  file.addFault(intervalLine({ ...last, meter: 'X999998' }, 'actual'), 'GUIDE_NO_OWNER');
  return file.build(source, name);
}
