/** Usage that can be told apart in the ledger: record n lasts 1000 + n milliseconds, and each costs ten micros. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../platform/paths.ts';

export const DEFINITIONS = path.join(projectRoot, 'test', 'crash', 'definitions');
export const FORMAT = 'cloudevents';
export const KNOWN_ACCOUNT = 'known';

const MICROS_PER_MS = 10n;
const FIRST_MS = 1000;
const MONTHS = ['2026-08', '2026-09', '2026-10'];

/** One line, as it is pushed or stands in a file. Neighbours lie in different months. */
export function line(no: number, account: string): string {
  const data = { account, to: '380441234567', durationMs: FIRST_MS + no };
  const time = `${MONTHS[no % MONTHS.length]}-${String(1 + (no % 28)).padStart(2, '0')}T10:00:00Z`;
  return JSON.stringify({
    specversion: '1.0',
    id: `r${no}`,
    source: '/crash',
    type: 'tollgrid.usage.voice',
    time,
    data,
  });
}

/** The record that a charge's quantity or a suspended line belongs to. */
export function recordOfQuantity(quantityMs: number): number {
  return quantityMs - FIRST_MS;
}

export function recordOfLine(text: string): number {
  return Number.parseInt((JSON.parse(text) as { id: string }).id.slice(1), 10);
}

export function priceOf(no: number): bigint {
  return BigInt(FIRST_MS + no) * MICROS_PER_MS;
}

export function definition(...names: string[]): string {
  return readFileSync(path.join(DEFINITIONS, ...names), 'utf8');
}
