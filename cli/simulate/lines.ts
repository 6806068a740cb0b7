/** What `tollgrid simulate` prints. */
import type { AuditReport } from '../../schemas/api/audit.ts';
import { EVENT_KINDS, type KindCounts, type Summary } from '../../simulator/index.ts';
import { tableLines, whole } from '../table.ts';
import type { Found } from './watch.ts';

const UNITS = { voice: 'ms', data: 'bytes', electricity: 'Wh' } as const;
export type SimulatedService = keyof typeof UNITS;
export const SIMULATED_SERVICES = Object.keys(UNITS) as SimulatedService[];

export interface LedgerLine {
  service: SimulatedService;
  unit: string;
  usages: number;
  /** What was acknowledged, or handed over whole. */
  expected: number;
  /** What came on top in the ledger meanwhile. */
  found: number;
  /** False: register values, whose first one is context. */
  comparable: boolean;
}

export function foundLine({ event, charge, delayMs }: Found, atMs: number): string {
  const what =
    event.kind === 'call'
      ? `${event.caller} called ${event.called} for ${event.seconds} s`
      : event.kind === 'session'
        ? `${event.login} used ${whole(event.inOctets + event.outOctets)} bytes`
        : `${event.meter} used ${whole(event.wattHours)} Wh`;
  const kind = charge.kind === 'valuation' ? 'valued' : 'charged';
  const seconds = (delayMs / 1000).toFixed(2);
  return `${clock(atMs)}  ${event.kind.padEnd(8)}${what}: ${charge.amount} ${charge.currency}, ${kind} after ${seconds} s`;
}

export function liveLine(kinds: Readonly<Record<string, KindCounts>>, online: number, atMs: number): string {
  const counts = EVENT_KINDS.map((kind) => `${whole(kinds[kind].events)} ${kind}s`).join(', ');
  const acknowledged = EVENT_KINDS.reduce((sum, kind) => sum + kinds[kind].acknowledged, 0);
  return `${clock(atMs)}  ${online} online; sent ${counts}; acknowledged ${whole(acknowledged)}`;
}

export function summaryLines(
  { run, kinds }: Summary,
  ledger: readonly LedgerLine[],
  delaysMs: readonly number[],
  silent: readonly string[],
): string[] {
  const counts = (head: keyof KindCounts, title: string) => ({
    head: title,
    value: (kind: (typeof EVENT_KINDS)[number]) => whole(kinds[kind][head]),
    align: 'right' as const,
  });
  return [
    `Run ${run}`,
    ...tableLines(
      [
        { head: 'kind', value: (kind: (typeof EVENT_KINDS)[number]) => kind },
        ...[counts('events', 'events'), counts('sent', 'sent'), counts('acknowledged', 'acknowledged')],
        ...[counts('open', 'open'), counts('uncertain', 'uncertain')],
        ...[counts('retries', 'retries'), counts('toldToWait', 'told to wait')],
      ],
      EVENT_KINDS,
    ),
    ...silent.map((kind) => `No answer in their protocol: ${kind}s count as acknowledged when they were handed over.`),
    '',
    ...tableLines<LedgerLine>(
      [
        { head: 'service', value: (line) => line.service },
        { head: 'usages', value: (line) => whole(line.usages), align: 'right' },
        { head: 'must be in the ledger', value: (line) => whole(line.expected), align: 'right' },
        { head: 'came into it', value: (line) => whole(line.found), align: 'right' },
        { head: 'unit', value: (line) => line.unit },
        { head: '', value: (line) => judgement(line) },
      ],
      ledger,
    ),
    ...(delaysMs.length === 0 ? [] : ['', delayLine(delaysMs)]),
  ];
}

function judgement({ comparable, expected, found }: LedgerLine): string {
  if (!comparable) return 'register values: not compared';
  return found === expected ? 'as sent' : 'DIFFERS';
}

function delayLine(delaysMs: readonly number[]): string {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.ceil(sorted.length * share) - 1] / 1000).toFixed(2);
  return `From an event to its charge: median ${at(0.5)} s, 95 % ${at(0.95)} s, at most ${at(1)} s (${sorted.length} events looked for)`;
}

/** Quantity of record charges and valuations by service, in the retail view. */
export function quantities({ units }: AuditReport): Record<SimulatedService, number> {
  const sums = { voice: 0, data: 0, electricity: 0 };
  for (const { view, service, kind, ledger } of units) {
    if (view === 'retail' && kind !== 'settlement' && service in sums)
      sums[service as SimulatedService] += Number(ledger);
  }
  return sums;
}

export function ledgerLines(
  { ledger }: Summary,
  before: Record<SimulatedService, number>,
  after: Record<SimulatedService, number>,
  asRegisters: boolean,
): LedgerLine[] {
  return SIMULATED_SERVICES.map((service) => ({
    service,
    unit: UNITS[service],
    usages: ledger[service].usages,
    expected: ledger[service].quantity,
    found: after[service] - before[service],
    comparable: !(asRegisters && service === 'electricity'),
  }));
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
