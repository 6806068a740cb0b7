/** What `tollgrid start` tells: published, outcome by service, what waits, where to look next. */
import type { Static } from 'typebox';
import type { SummaryLine } from '../schemas/api/accounts.ts';
import type { Status } from '../schemas/api/operation.ts';
import type { ChargeItem } from '../schemas/api/charges.ts';
import type { PublicationItem } from '../schemas/api/registry.ts';
import type { SuspenseItem } from '../schemas/api/suspense.ts';
import { collect, items } from './answers.ts';
import type { Api } from './client.ts';
import { money, tableLines, whole } from './table.ts';

const COUNTED_MAX = 1000;

/** What was published since the start, by kind; nothing when nothing changed. */
export async function publishedLines(api: Api, sinceMs: number): Promise<string[]> {
  const all = await collect(items<Static<typeof PublicationItem>>(api, '/v1/publications', {}, COUNTED_MAX));
  const fresh = all.filter((publication) => Date.parse(publication.publishedAt) >= sinceMs);
  return (['format', 'guiding', 'tariff'] as const).flatMap((kind) => {
    const names = fresh.filter((publication) => publication.kind === kind).map(nameOf);
    return names.length === 0 ? [] : [`Published ${kind}: ${names.sort().join(', ')}`];
  });
}

function nameOf({ name, effective }: Static<typeof PublicationItem>): string {
  return effective === null ? name : `${name}@${effective}`;
}

/** What the start found and did not do. */
export function noticeLines(notices: Status['notices']): string[] {
  return notices.flatMap(({ code, message, cure }) => [`${code}: ${message}`, `  ${cure}`]);
}

/** Quantities in the unit people read: minutes, megabytes, kilowatt-hours, cubic metres. */
const READABLE: Record<string, [unit: string, base: number]> = {
  ms: ['min', 60_000],
  bytes: ['MB', 1_000_000],
  Wh: ['kWh', 1000],
  litres: ['m3', 1000],
};

export function readableQuantity(quantity: number, unit: string): string {
  const [name, base] = READABLE[unit] ?? [unit, 1];
  return base === 1 ? `${whole(quantity)} ${name}` : `${money((quantity / base).toFixed(2))} ${name}`;
}

export function outcomeLines(lines: readonly Static<typeof SummaryLine>[]): string[] {
  if (lines.length === 0) return ['No charges yet.', ''];
  const rows = tableLines(
    [
      { head: 'view', value: (row) => row.view },
      { head: 'service', value: (row) => row.service },
      { head: 'kind', value: (row) => row.kind },
      { head: 'charges', value: (row) => whole(row.records), align: 'right' },
      { head: 'quantity', value: (row) => readableQuantity(row.quantity, row.unit), align: 'right' },
      { head: 'amount', value: (row) => `${money(row.amount)} ${row.currency}`, align: 'right' },
      { head: 'of which tax', value: (row) => money(row.tax), align: 'right' },
    ],
    lines,
  );
  return ['Charges by service', ...rows.map((row) => `  ${row}`), ''];
}

export async function suspendedLines(api: Api): Promise<string[]> {
  const waiting = await collect(items<Static<typeof SuspenseItem>>(api, '/v1/suspense', {}, COUNTED_MAX));
  if (waiting.length === 0) return [];
  const byCode = new Map<string, number>();
  for (const { code } of waiting) byCode.set(code, (byCode.get(code) ?? 0) + 1);
  const hints = new Map(waiting.map(({ code, hint }) => [code, hint]));
  const rows = tableLines(
    [
      { head: 'records', value: ([, count]) => whole(count), align: 'right' },
      { head: 'code', value: ([code]) => code },
      { head: 'what to do', value: ([code]) => hints.get(code)! },
    ],
    [...byCode].sort((a, b) => b[1] - a[1]),
  );
  const title = waiting.length === COUNTED_MAX ? `In suspense (the first ${whole(COUNTED_MAX)})` : 'In suspense';
  return [title, ...rows.map((row) => `  ${row}`), ''];
}

export async function closingLines(api: Api): Promise<string[]> {
  const [example] = await collect(items<ChargeItem>(api, '/v1/charges', {}, 1));
  const commands = example
    ? [`tollgrid explain ${example.id}`, `tollgrid charges --account ${example.account}`]
    : ['tollgrid ingest FILE --source NAME'];
  return [
    'Where to look next',
    ...[...commands, 'tollgrid suspense list', 'tollgrid audit'].map((command) => `  npx ${command}`),
    `  ${api.url}/docs (the API, to try it)`,
    `  ${api.url}/metrics`,
  ];
}
