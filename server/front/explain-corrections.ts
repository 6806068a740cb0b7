/** What re-ratings did to a charge: who priced it again and why, what took it back, and by which entry it was priced. */
import type { Charge } from '../../ledger/index.ts';
import type { LogEntry, LogReader } from '../../platform/log/index.ts';
import type { ExplainStep } from '../../schemas/api/charges.ts';
import { EntryType, type CommandHead } from '../../schemas/log-entries.ts';

export interface Corrections {
  /** The charge as it was posted last. */
  charge: Charge;
  /** Entry as of which its amount was worked out: not the one that only put it back. */
  pricedBy: LogEntry;
  steps: ExplainStep[];
}

/** `rows`: everything posted at one address, in order; not empty. */
export async function corrections(reader: LogReader, rows: readonly Charge[]): Promise<Corrections> {
  const charge = rows.findLast(({ sign }) => sign > 0) ?? rows[0];
  const steps: ExplainStep[] = [];
  let pricedBy = await reader.entry(Number(charge.postedEntry));
  for (let head = rerateHead(pricedBy); head !== null; head = rerateHead(pricedBy)) {
    steps.push(stepOf(pricedBy, head, charge));
    if (head.command === 'rerate') break;
    // What was put back is what stood before the entry that is taken back.
    const { rerate } = head.input;
    const before = rows.findLast(({ sign, postedEntry }) => sign > 0 && Number(postedEntry) < rerate);
    if (before === undefined) break;
    pricedBy = await reader.entry(Number(before.postedEntry));
  }
  const taken = rows.findLast(({ sign }) => sign < 0);
  if (charge.sign > 0 && taken !== undefined && Number(taken.postedEntry) > Number(charge.postedEntry)) {
    const { postedEntry } = taken;
    steps.push({
      step: 'reversal',
      text: `Taken back by entry ${postedEntry}: it does not stand any more.`,
      data: { postedEntry: Number(postedEntry) },
    });
  }
  if (rows.length > 1) steps.push(historyStep(rows));
  return { charge, pricedBy, steps };
}

type RerateHead = Extract<CommandHead, { command: 'rerate' | 'undoRerate' }>;

function rerateHead({ type, head }: LogEntry): RerateHead | null {
  if (type !== EntryType.command) return null;
  const command = head as CommandHead;
  return command.command === 'rerate' || command.command === 'undoRerate' ? command : null;
}

function stepOf({ entryNo, acceptedAtMs }: LogEntry, head: RerateHead, { corrects }: Charge): ExplainStep {
  const { by, input } = head;
  const at = new Date(acceptedAtMs).toISOString();
  const note = input.note === undefined ? '' : ` (${input.note})`;
  const what =
    head.command === 'rerate'
      ? `Priced again by re-rating ${entryNo}, approved by ${by} at ${at}${note}`
      : `Put back by entry ${entryNo}, with which ${by} took re-rating ${head.input.rerate} back at ${at}${note}`;
  return {
    step: head.command === 'rerate' ? 'rerate' : 'undo',
    text: corrects === '' ? `${what}.` : `${what}; it corrects charge ${corrects}.`,
    data: { entry: entryNo, by, at, note: input.note ?? null, corrects: corrects === '' ? null : corrects },
  };
}

function historyStep(rows: readonly Charge[]): ExplainStep {
  const postings = rows.map(({ postedEntry, sign, amount, currency, postingPeriod }) => {
    return { postedEntry: Number(postedEntry), sign, amount, currency, postingPeriod };
  });
  const text = postings.map(({ postedEntry, amount }) => `entry ${postedEntry}: ${amount}`).join(', ');
  return { step: 'history', text: `Posted at this address: ${text}.`, data: { postings } };
}
