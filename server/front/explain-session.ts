/** How the counters of a session became the quantity and the price of a part. */
import { sessionPackets, type Charge, type LedgerClient, type SessionPacket } from '../../ledger/index.ts';
import { formatMicros } from '../../platform/money.ts';
import { bordersBetween, explainRating, piecesOf, rateRunning, type RunningTotal } from '../../rating/index.ts';
import type { ExplainStep } from '../../schemas/api/charges.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { RatingFacts } from '../../schemas/rating-facts.ts';
import type { ReferenceData } from '../rater/index.ts';

/** Null when the charge is no part of a session. */
export async function sessionOf(ledger: LedgerClient, charge: Charge): Promise<SessionPacket | null> {
  const [entry, record] = charge.address.split('.');
  return (await sessionPackets(ledger, [Number(entry)])).get(`${entry}.${record}`) ?? null;
}

export interface ToldPart {
  steps: ExplainStep[];
  amountMicros: number;
  currency: string;
}

/** The row holds the part's own span and quantity. */
export function explainPart(
  reference: ReferenceData,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
  packet: SessionPacket,
  facts: RatingFacts,
): ToldPart | null {
  const { tariffBook, binding } = reference;
  const { part } = packet;
  if (part === null) return null;
  const borders = bordersBetween(tariffBook, binding, usage.tariffNo[row], part.startMs, part.after.atMs);
  const [startMs, endMs] = [usage.startMs[row], usage.endMs[row]];
  const piece = piecesOf(part, borders).find(({ from, to }) => from.atMs === startMs && to.atMs === endMs);
  if (piece === undefined) return null;
  const { total } = piece;
  rateRunning(tariffBook, binding, usage, records, row, total, facts);
  const amountMicros = usage.amountMicros[row];
  const own = [startMs, endMs, usage.quantity[row], usage.quantityUp[row]] as const;
  const told = (quantity: number, up: number, untilMs: number): ReturnType<typeof explainRating> => {
    set(usage, row, [total.startMs, untilMs, quantity, up]);
    return explainRating(tariffBook, binding, usage, records, row, facts);
  };
  const now = told(total.quantity, total.quantityUp, endMs);
  const before =
    total.before === null ? null : told(total.before.quantity, total.before.quantityUp, total.before.endMs);
  set(usage, row, own);
  const steps = [
    ...counterSteps(packet, piece.total, own),
    ...now.steps.map(({ step, text, data }) => ({ step, text, data })),
  ];
  if (before !== null) {
    const [whole, earlier] = [now.amountMicros, before.amountMicros].map((micros) => formatMicros(micros, 6));
    steps.push({
      step: 'running-total',
      text: `The session costs ${whole} ${now.currency} so far and had cost ${earlier} before this part: ${formatMicros(amountMicros, 6)}.`,
      data: { whole, before: earlier },
    });
  }
  return { steps, amountMicros, currency: now.currency };
}

function set(
  usage: UsageColumns,
  row: number,
  [startMs, endMs, quantity, up]: readonly [number, number, number, number],
): void {
  usage.startMs[row] = startMs;
  usage.endMs[row] = endMs;
  usage.quantity[row] = quantity;
  usage.quantityUp[row] = up;
}

function counterSteps(
  { sessionId, login, nas, startMs, counted, countedUp, part }: SessionPacket,
  total: RunningTotal,
  [, , quantity]: readonly [number, number, number, number],
): ExplainStep[] {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const [after, before] = [part!.after.up + part!.after.down, (part!.before?.up ?? 0) + (part!.before?.down ?? 0)];
  const wrapped = after === counted ? '' : `, which with what went over their end before is ${after}`;
  const steps: ExplainStep[] = [
    {
      step: 'session',
      text: `Session ${sessionId} of ${login} at ${nas} since ${iso(startMs)}: its counters say ${counted} bytes, ${countedUp} of them up${wrapped}.`,
      data: { sessionId, counted, countedUp, total: after },
    },
    {
      step: 'delta',
      text:
        part!.before === null
          ? `Nothing was charged of it before: the part is ${after} bytes.`
          : `${before} bytes were charged up to ${iso(part!.before.atMs)}: the part is ${after} less ${before}, ${after - before} bytes.`,
      data: { before, after, delta: after - before },
    },
  ];
  if (quantity !== after - before || total.later) {
    const text = `Divided where a month or a version begins, in proportion to time: ${quantity} bytes here, and the running total begins anew at ${iso(total.startMs)}.`;
    steps.push({ step: 'division', text, data: { quantity, from: iso(total.startMs) } });
  }
  return steps;
}
